namespace Broker.Client;

/// <summary>How somebody begins to listen to an exchange, and how he leaves nothing behind.</summary>
internal static class BroadcastStart
{
    private static readonly TimeSpan s_deleteLimit = TimeSpan.FromSeconds(5);

    // A queue beside one that nobody finds again would keep what failed for nobody.
    private static readonly ConsumerOptions s_default = new() { FailurePolicy = FailurePolicy.Retry().ThenDiscard() };

    public static async ValueTask<BroadcastSubscription> ListenToAsync(
        this BrokerClient client, string exchange, string pattern, Func<Delivery, CancellationToken, ValueTask> handler,
        ConsumerOptions? options, bool blocks, CancellationToken cancellationToken)
    {
        Check.NotEmpty(exchange);
        Check.ShortString(pattern);
        var context = client.ConsumingContext;
        var frozen = (options ?? s_default).Freeze();
        var filtered = ConsumeFilters.Around(handler, frozen);
        var gaps = new BroadcastGaps(context.Options.TimeProvider);
        var queue = (await client.DeclareQueueAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Name;
        try
        {
            await client.BindQueueAsync(queue, exchange, pattern, cancellationToken: cancellationToken).ConfigureAwait(false);
            var consumer = await client.StartConsumerAsync(
                queue, frozen, (fail, stopping) => new HandlerLanes(context, queue, frozen, filtered, blocks, fail, stopping),
                cancellationToken, openings: gaps).ConfigureAwait(false);
            return new BroadcastSubscription(consumer, exchange, pattern, gaps, () => ForgetAsync(client, queue));
        }
        catch
        {
            await ForgetAsync(client, queue).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task ForgetAsync(BrokerClient client, string queue)
    {
        client.ConsumingContext.Topology.Forget(queue);
        try
        {
            using var limit = new CancellationTokenSource(s_deleteLimit, client.ConsumingContext.Options.TimeProvider);
            await client.DeleteQueueAsync(queue, cancellationToken: limit.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is BrokerException or ObjectDisposedException or OperationCanceledException)
        {
            // It goes with the connection, which has gone, or goes with the client.
        }
    }
}
