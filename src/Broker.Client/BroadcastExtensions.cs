using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>
/// Broadcast: what is published to an exchange, to everybody who listens, while he listens. The priorities are those of
/// <see cref="ConsumeExtensions"/>, and so is what they are for.
/// </summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone; which one is meant is tested for every shape.")]
public static class BroadcastExtensions
{
    private const string NotAwaited =
        "This handler returns a value that nothing would await or look at. "
        + "Return Task or ValueTask, or put the body in braces.";

    /// <summary>
    /// Listens to an exchange, with a queue of its own that nothing is kept in beyond the connection. Completes when the queue is bound and
    /// the broker has accepted the consumer: what is published from then on is heard. After a reconnect queue and binding are made again;
    /// what was published meanwhile is missed, and <see cref="BroadcastSubscription.Gaps"/> tells when that was. For events that must not be missed there are streams.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="exchange">The exchange; it must exist.</param>
    /// <param name="pattern">The routing key, or a topic exchange's pattern: <c>*</c> is a word, <c>#</c> any number of them.</param>
    /// <param name="handler">Called for each event.</param>
    /// <param name="options">As of any consumer; null tries an event five times and then lets it go, with an error in the log.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="TopologyException">There is no such exchange, or the broker refused.</exception>
    /// <exception cref="ConsumerException">The broker refused the consumer.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    [OverloadResolutionPriority(6)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, CancellationToken, Task> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(
            exchange, pattern, (delivery, token) => new ValueTask(handler(delivery, token)), options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that returns a <see cref="ValueTask"/>.</summary>
    [OverloadResolutionPriority(5)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, CancellationToken, ValueTask> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(exchange, pattern, handler, options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that takes no token.</summary>
    [OverloadResolutionPriority(4)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, Task> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(exchange, pattern, (delivery, _) => new ValueTask(handler(delivery)), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a handler that takes no token and returns
    /// a <see cref="ValueTask"/>.
    /// </summary>
    [OverloadResolutionPriority(3)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, ValueTask> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(exchange, pattern, (delivery, _) => handler(delivery), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a handler that ends in a verdict, such as
    /// <c>d => d.AckAsync()</c>.
    /// </summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, ValueTask<bool>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(
            exchange, pattern, async (delivery, _) => await handler(delivery).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that ends in a verdict and takes a token.</summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, CancellationToken, ValueTask<bool>> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(
            exchange, pattern, async (delivery, token) => await handler(delivery, token).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a synchronous handler. It may block: it runs on a thread of its own,
    /// one for each handler that runs at a time, so that heartbeats, confirms and other consumers go on.
    /// </summary>
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Action<Delivery> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(exchange, pattern, (delivery, _) => Run(handler, delivery), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery> handler, Delivery delivery)
        {
            handler(delivery);
            return default;
        }
    }

    /// <summary>As the first one, with a synchronous handler that takes a token.</summary>
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync(
        this BrokerClient client, string exchange, string pattern, Action<Delivery, CancellationToken> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.ListenToAsync(exchange, pattern, (delivery, token) => Run(handler, delivery, token), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery, CancellationToken> handler, Delivery delivery, CancellationToken token)
        {
            handler(delivery, token);
            return default;
        }
    }

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync<T>(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, T> handler, ConsumerOptions? options = null,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<BroadcastSubscription> SubscribeToExchangeAsync<T>(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, CancellationToken, T> handler,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);
}
