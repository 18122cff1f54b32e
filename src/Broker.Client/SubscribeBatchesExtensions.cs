using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>Subscribers of streams whose handler gets many events at a time.</summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in what the handler takes; a synchronous handler binds to none of them.")]
public static class SubscribeBatchesExtensions
{
    /// <summary>
    /// Subscribes to a stream under a name, as <c>SubscribeAsync</c> does, with a handler that gets events in batches, as
    /// <see cref="BatchExtensions"/> has it: the position passes a batch when its handler has returned.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="stream">The stream; it must exist.</param>
    /// <param name="subscriber">The name that its position is stored under.</param>
    /// <param name="handler">
    /// Called with at least one event, in the order of the stream, up to <see cref="StreamSubscriptionOptions.Concurrency"/> times at a time. The
    /// list is its own to keep.
    /// </param>
    /// <param name="size">The most events of a batch, from 1 to the prefetch.</param>
    /// <param name="maxWait">How long the first event of a batch waits for more.</param>
    /// <param name="options">As of any subscription; <see cref="StreamSubscriptionOptions.OrderingKey"/> is refused.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="ConsumerException">There is no such stream, or the broker refused.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    public static ValueTask<StreamSubscription> SubscribeBatchesAsync(
        this BrokerClient client, string stream, string subscriber, Func<IReadOnlyList<Delivery>, CancellationToken, Task> handler,
        int size, TimeSpan maxWait, StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(
            stream, subscriber, new BatchOptions((batch, token) => new ValueTask(handler(batch, token)), size, maxWait), options,
            cancellationToken);
    }

    /// <summary>As the other one, with a handler that takes no token.</summary>
    /// <inheritdoc cref="SubscribeBatchesAsync(BrokerClient, string, string, Func{IReadOnlyList{Delivery}, CancellationToken, Task}, int, TimeSpan, StreamSubscriptionOptions, CancellationToken)"/>
    public static ValueTask<StreamSubscription> SubscribeBatchesAsync(
        this BrokerClient client, string stream, string subscriber, Func<IReadOnlyList<Delivery>, Task> handler, int size,
        TimeSpan maxWait, StreamSubscriptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return client.SubscribeToAsync(
            stream, subscriber, new BatchOptions((batch, _) => new ValueTask(handler(batch)), size, maxWait), options,
            cancellationToken);
    }
}
