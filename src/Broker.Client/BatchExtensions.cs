using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>Consumers whose handler gets many messages at a time: for a database or an interface that is cheaper by the hundred.</summary>
[SuppressMessage("ApiDesign", "RS0026:Do not add multiple public overloads with optional parameters",
    Justification = "They differ in what the handler returns; a synchronous handler binds to none of them.")]
public static class BatchExtensions
{
    /// <summary>
    /// Consumes a queue in batches. A batch goes to the handler when it has <paramref name="size"/> messages, or when its
    /// first has waited for <paramref name="maxWait"/>. When the handler returns, all that it has given no verdict is
    /// acknowledged, at once for all where nothing lies between; when it throws, it is called again for those without a
    /// verdict, as <see cref="ConsumerOptions.FailurePolicy"/> has it, and in the end each goes where the policy sends it.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="handler">
    /// Called with at least one message, in the order of the queue, up to <see cref="ConsumerOptions.Concurrency"/> times
    /// at a time. The list is its own to keep.
    /// </param>
    /// <param name="size">The most messages of a batch, from 1 to 65,535.</param>
    /// <param name="maxWait">How long the first message of a batch waits for more.</param>
    /// <param name="options">
    /// As of any consumer. The prefetch, where not set, holds one batch for each handler and one more.
    /// <see cref="AckMode.BeforeHandler"/> and <see cref="ConsumerOptions.OrderingKey"/> are refused.
    /// </param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="ConsumerException">There is no such queue, or the broker refused.</exception>
    /// <exception cref="BrokerConnectionException">There is no connection, for a reason that waiting does not mend.</exception>
    public static ValueTask<Consumer> ConsumeBatchesAsync(
        this BrokerClient client, string queue, Func<IReadOnlyList<Delivery>, CancellationToken, Task> handler, int size,
        TimeSpan maxWait, ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue, new BatchOptions((batch, token) => new ValueTask(handler(batch, token)), size, maxWait), options,
            cancellationToken);
    }

    /// <summary>As the other one, with a handler that takes no token.</summary>
    /// <inheritdoc cref="ConsumeBatchesAsync(BrokerClient, string, Func{IReadOnlyList{Delivery}, CancellationToken, Task}, int, TimeSpan, ConsumerOptions, CancellationToken)"/>
    public static ValueTask<Consumer> ConsumeBatchesAsync(
        this BrokerClient client, string queue, Func<IReadOnlyList<Delivery>, Task> handler, int size, TimeSpan maxWait,
        ConsumerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        return StartAsync(
            client, queue, new BatchOptions((batch, _) => new ValueTask(handler(batch)), size, maxWait), options,
            cancellationToken);
    }

    private static ValueTask<Consumer> StartAsync(
        BrokerClient client, string queue, BatchOptions batches, ConsumerOptions? options, CancellationToken cancellationToken)
    {
        Check.NotEmpty(queue);
        var frozen = batches.Adapt(options);
        Parking.Validate(queue, frozen);
        var filtered = batches with { Handler = ConsumeFilters.AroundBatches(batches.Handler, frozen) };
        return client.StartConsumerAsync(
            queue, frozen,
            (fail, stopping) => new BatchLanes(client.ConsumingContext, queue, frozen, filtered, fail, stopping),
            cancellationToken);
    }
}
