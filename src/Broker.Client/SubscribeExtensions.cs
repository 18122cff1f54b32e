using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>
/// Subscribers of streams, with handlers of every shape. The priorities see to it that an asynchronous handler is never taken for a
/// synchronous one, which would run unawaited and have its event counted as handled too early.
/// </summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in the handler alone; which one is meant is tested for every shape.")]
public static class SubscribeExtensions
{
    private const string NotAwaited =
        "This handler returns a value that nothing would await or look at. "
        + "Return Task or ValueTask, or put the body in braces.";

    /// <summary>
    /// Subscribes to a stream under a name. Each subscriber has a position of its own, up to which all events are handled; it is
    /// stored, and the next subscription of that name goes on there. Events come at least once, in the order of the stream
    /// unless the options say otherwise. Within a process none that was handled comes again, whatever becomes of the
    /// connection; after a crash those come again that were handled since the position was stored. Completes when the broker
    /// has accepted it; handlers run until it is stopped or disposed.
    /// </summary>
    /// <remarks>
    /// Two that run at the same time under one name both get every event, and overwrite each other's position.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="stream">The stream; it must exist.</param>
    /// <param name="subscriber">The name: part of the names of the queues that keep its position, and what it parks.</param>
    /// <param name="handler">
    /// Called for each event, up to <see cref="StreamSubscriptionOptions.Concurrency"/> at a time. Its token fires when the channel of the event
    /// is lost (where it throws then, the event comes again) and when a stop has waited for the drain time.
    /// </param>
    /// <param name="options">Where to begin, where the position is kept, order, what becomes of an event whose handler throws.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="ConsumerException">There is no such stream, or the broker refused.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    [OverloadResolutionPriority(6)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, CancellationToken, Task> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(
            stream, subscriber, (delivery, token) => new ValueTask(handler(delivery, token)), options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that returns a <see cref="ValueTask"/>.</summary>
    [OverloadResolutionPriority(5)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, CancellationToken, ValueTask> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(stream, subscriber, handler, options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that takes no token.</summary>
    [OverloadResolutionPriority(4)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, Task> handler, StreamSubscriptionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(stream, subscriber, (delivery, _) => new ValueTask(handler(delivery)), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a handler that takes no token and returns
    /// a <see cref="ValueTask"/>.
    /// </summary>
    [OverloadResolutionPriority(3)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, ValueTask> handler, StreamSubscriptionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(stream, subscriber, (delivery, _) => handler(delivery), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a handler that ends in a verdict, such as
    /// <c>d => d.AckAsync()</c>.
    /// </summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, ValueTask<bool>> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(
            stream, subscriber, async (delivery, _) => await handler(delivery).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>As the first one, with a handler that ends in a verdict and takes a token.</summary>
    [OverloadResolutionPriority(2)]
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, CancellationToken, ValueTask<bool>> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(
            stream, subscriber, async (delivery, token) => await handler(delivery, token).ConfigureAwait(false), options, blocks: false, cancellationToken);
    }

    /// <summary>
    /// As the first one, with a synchronous handler. It may block: it runs on a thread of its own,
    /// one for each handler that runs at a time, so that heartbeats, confirms and other consumers go on.
    /// </summary>
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Action<Delivery> handler, StreamSubscriptionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(stream, subscriber, (delivery, _) => Run(handler, delivery), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery> handler, Delivery delivery)
        {
            handler(delivery);
            return default;
        }
    }

    /// <summary>As the first one, with a synchronous handler that takes a token.</summary>
    public static ValueTask<StreamSubscription> SubscribeAsync(
        this BrokerClient client, string stream, string subscriber, Action<Delivery, CancellationToken> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(stream, subscriber, (delivery, token) => Run(handler, delivery, token), options, blocks: true, cancellationToken);

        static ValueTask Run(Action<Delivery, CancellationToken> handler, Delivery delivery, CancellationToken token)
        {
            handler(delivery, token);
            return default;
        }
    }

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<StreamSubscription> SubscribeAsync<T>(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, T> handler, StreamSubscriptionOptions? options = null,
        CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);

    /// <summary>Not to be used: catches handlers whose result nothing would await.</summary>
    [Obsolete(NotAwaited, error: true)]
    [OverloadResolutionPriority(1)]
    public static ValueTask<StreamSubscription> SubscribeAsync<T>(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, CancellationToken, T> handler,
        StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(NotAwaited);
}
