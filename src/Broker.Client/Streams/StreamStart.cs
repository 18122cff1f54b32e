namespace Broker.Client;

/// <summary>How a subscription begins: where, and with what beneath it.</summary>
internal static class StreamStart
{
    /// <summary>The position of somebody who begins there.</summary>
    public static StreamPosition PositionAt(StreamOffset from) => new(from.Value as long?);

    /// <summary>Subscribes with a handler that gets one event at a time.</summary>
    public static ValueTask<StreamSubscription> SubscribeToAsync(
        this BrokerClient client, string stream, string subscriber, Func<Delivery, CancellationToken, ValueTask> handler,
        StreamSubscriptionOptions? options, bool blocks, CancellationToken cancellationToken) =>
        SubscribeAsync(
            client, stream, subscriber, options,
            (from, parking, frozen) => frozen.ToConsumer(from, parking).Freeze(),
            (consumer, fail, stopping) => new HandlerLanes(
                client.ConsumingContext, stream, consumer, ConsumeFilters.Around(handler, consumer), blocks, fail, stopping),
            cancellationToken);

    /// <summary>Subscribes with a handler that gets many.</summary>
    public static ValueTask<StreamSubscription> SubscribeToAsync(
        this BrokerClient client, string stream, string subscriber, BatchOptions batches, StreamSubscriptionOptions? options,
        CancellationToken cancellationToken) =>
        SubscribeAsync(
            client, stream, subscriber, options,
            (from, parking, frozen) => batches.Adapt(frozen.ToConsumer(from, parking)),
            (consumer, fail, stopping) => new BatchLanes(
                client.ConsumingContext, stream, consumer,
                batches with { Handler = ConsumeFilters.AroundBatches(batches.Handler, consumer) }, fail, stopping),
            cancellationToken);

    private static async ValueTask<StreamSubscription> SubscribeAsync(
        BrokerClient client, string stream, string subscriber, StreamSubscriptionOptions? options,
        Func<StreamOffset, string, StreamSubscriptionOptions, ConsumerOptions> adapt,
        Func<ConsumerOptions, Action<BrokerException>, CancellationToken, ILanes> lanes, CancellationToken cancellationToken)
    {
        Check.NotEmpty(stream);
        Check.NotEmpty(subscriber);
        var context = client.ConsumingContext;
        var frozen = (options ?? new StreamSubscriptionOptions()).Freeze();
        var parking = $"{stream}.{subscriber}.failed";
        Check.ShortString(parking, $"The name '{parking}', under which this subscriber would park what fails,");
        FailurePreparation.CheckForStream(stream, frozen.FailurePolicy);
        adapt(StreamOffset.First, parking, frozen); // refuses what cannot work before there is any I/O
        var store = frozen.Store ?? new BrokerOffsetStore(client);
        var from = frozen.From;
        if (from.Otherwise is { } otherwise)
            from = await store.ReadAsync(stream, subscriber, cancellationToken).ConfigureAwait(false) is { } stored
                ? StreamOffset.At(stored)
                : otherwise;

        var consumerOptions = adapt(from, parking, frozen);
        var position = PositionAt(from);
        var writer = new OffsetWriter(
            frozen, store, stream, subscriber, position, context.Options.TimeProvider, context.Logger);
        var tracking = new StreamTracking
        {
            Position = position,
            Filter = frozen.StreamFilter,
            Advanced = writer.OnHandled,
            Lost = (wanted, lost) => Log.EventsGone(context.Logger, stream, subscriber, lost, wanted),
            Ended = writer.EndAsync,
        };
        try
        {
            var consumer = await client.StartConsumerAsync(
                stream, consumerOptions, (fail, stopping) => lanes(consumerOptions, fail, stopping), cancellationToken, stream: tracking)
                .ConfigureAwait(false);
            return new StreamSubscription(consumer, subscriber, position, writer);
        }
        catch
        {
            await writer.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }
}
