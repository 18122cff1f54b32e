namespace Broker.Client;

/// <summary>Puts filters around handlers, once, when a consumer starts. Without filters a handler stays what it was.</summary>
internal static class ConsumeFilters
{
    public static Func<Delivery, CancellationToken, ValueTask> Around(
        Func<Delivery, CancellationToken, ValueTask> handler, ConsumerOptions options)
    {
        if (options.Filters.Count == 0)
            return handler;
        var chain = Chain(options.Filters, (delivery, token) =>
        {
            delivery.HasPassedFilters = true;
            return handler(delivery, token);
        });
        if (options.AckMode != AckMode.Manual)
            return chain.Invoke;
        return async (delivery, token) =>
        {
            Prepare(delivery);
            await chain(delivery, token).ConfigureAwait(false);
            if (!delivery.HasPassedFilters)
                await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
        };
    }

    public static Func<IReadOnlyList<Delivery>, CancellationToken, ValueTask> AroundBatches(
        Func<IReadOnlyList<Delivery>, CancellationToken, ValueTask> handler, ConsumerOptions options)
    {
        if (options.Filters.Count == 0)
            return handler;
        BatchNext chain = (deliveries, token) =>
        {
            foreach (var delivery in deliveries)
                delivery.HasPassedFilters = true;
            return deliveries.Count == 0 ? default : handler(deliveries, token);
        };
        foreach (var filter in options.Filters.Reverse().Cast<IBatchFilter>()) // as the options of a batch have made sure
        {
            var next = chain;
            chain = (deliveries, token) => filter.HandleBatchAsync(deliveries, next, token);
        }

        if (options.AckMode != AckMode.Manual)
            return chain.Invoke;
        return async (deliveries, token) =>
        {
            foreach (var delivery in deliveries)
                Prepare(delivery);
            await chain(deliveries, token).ConfigureAwait(false);
            foreach (var delivery in deliveries)
            {
                if (!delivery.HasPassedFilters)
                    await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
            }
        };
    }

    /// <summary>Around a handler that answers; what it answers is null where a filter has not called it.</summary>
    public static Func<Delivery, CancellationToken, ValueTask<Message>> AroundServer(
        Func<Delivery, CancellationToken, ValueTask<Message>> handler, ConsumerOptions options)
    {
        if (options.Filters.Count == 0)
            return handler;
        return async (request, token) =>
        {
            Message? reply = null;
            await Chain(
                options.Filters,
                async (delivery, handling) => reply = await handler(delivery, handling).ConfigureAwait(false))(request, token)
                .ConfigureAwait(false);
            return reply!; // the server looks for a null, as of any handler
        };
    }

    private static void Prepare(Delivery delivery)
    {
        delivery.IsSettledLater = true;
        delivery.HasPassedFilters = false; // of an attempt before
    }

    private static ConsumeNext Chain(IEnumerable<IConsumeFilter> filters, ConsumeNext handler)
    {
        foreach (var filter in filters.Reverse())
        {
            var next = handler;
            handler = (delivery, token) => filter.HandleAsync(delivery, next, token);
        }

        return handler;
    }
}
