using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>
/// The other shapes that a handler may have. The priorities see to it that an asynchronous handler is never taken for a
/// synchronous one, which would run unawaited and have its message acknowledged too early.
/// </summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone; which one is meant is tested for every shape.")]
public static class ConsumeExtensions
{
    private const string NotAwaited =
        "This handler returns a value that nothing would await or look at. "
        + "Return Task or ValueTask, or put the body in braces.";

    /// <summary>As <see cref="BrokerClient.ConsumeAsync"/>, with a handler that returns a <see cref="ValueTask"/>.</summary>
    [OverloadResolutionPriority(5)]
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, ValueTask> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(queue, handler, options, blocks: false, cancellationToken);
    }

    /// <summary>As <see cref="BrokerClient.ConsumeAsync"/>, with a handler that takes no token.</summary>
    [OverloadResolutionPriority(4)]
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Func<Delivery, Task> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(queue, (delivery, _) => new ValueTask(handler(delivery)), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As <see cref="BrokerClient.ConsumeAsync"/>, with a handler that takes no token and returns
    /// a <see cref="ValueTask"/>.
    /// </summary>
    [OverloadResolutionPriority(3)]
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Func<Delivery, ValueTask> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(queue, (delivery, _) => handler(delivery), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As <see cref="BrokerClient.ConsumeAsync"/>, with a handler that ends in a verdict, such as
    /// <c>d => d.AckAsync()</c>.
    /// </summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Func<Delivery, ValueTask<bool>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(
            queue, async (delivery, _) => await handler(delivery).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>As <see cref="BrokerClient.ConsumeAsync"/>, with a handler that ends in a verdict and takes a token.</summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, ValueTask<bool>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(
            queue, async (delivery, token) => await handler(delivery, token).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As <see cref="BrokerClient.ConsumeAsync"/>, with a synchronous handler. It may block: it runs on a thread of its own,
    /// one for each handler that runs at a time, so that heartbeats, confirms and other consumers go on.
    /// </summary>
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Action<Delivery> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(queue, (delivery, _) => Run(handler, delivery), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery> handler, Delivery delivery)
        {
            handler(delivery);
            return default;
        }
    }

    /// <summary>As <see cref="BrokerClient.ConsumeAsync"/>, with a synchronous handler that takes a token.</summary>
    public static ValueTask<Consumer> ConsumeAsync(
        this BrokerClient client, string queue, Action<Delivery, CancellationToken> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.StartConsumerAsync(queue, (delivery, token) => Run(handler, delivery, token), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery, CancellationToken> handler, Delivery delivery, CancellationToken token)
        {
            handler(delivery, token);
            return default;
        }
    }

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<Consumer> ConsumeAsync<T>(
        this BrokerClient client, string queue, Func<Delivery, T> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<Consumer> ConsumeAsync<T>(
        this BrokerClient client, string queue, Func<Delivery, CancellationToken, T> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);
}
