namespace Broker.Client;

/// <summary>What has to be there, or to be said, before a consumer begins, so that its failures go where they should.</summary>
internal static class FailurePreparation
{
    public static async Task RunAsync(
        ConsumingContext context, string queue, ConsumerOptions options, CancellationToken cancellationToken)
    {
        if (options.AckMode != AckMode.BeforeHandler
            && context.Topology.TypeOf(queue) == QueueType.Classic && !context.Topology.IsExclusive(queue))
            Log.NothingCountsDeliveries(context.Logger, queue);
        // A queue that is not there is told by the consumer itself.
        if (options.FailurePolicy.IsThroughBroker
            && await context.Topology.FindQueueAsync(queue, cancellationToken).ConfigureAwait(false) is not null)
            await context.RetryQueues.PrepareAsync(queue, options.FailurePolicy, cancellationToken).ConfigureAwait(false);
    }
}
