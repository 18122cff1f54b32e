namespace Broker.Client;

/// <summary>What has to be there, or to be said, before a consumer begins, so that its failures go where they should.</summary>
internal static class FailurePreparation
{
    public static async Task RunAsync(
        ConsumingContext context, string queue, ConsumerOptions options, CancellationToken cancellationToken)
    {
        if (ConsumeTerms.TrackingOf(options, context.Topology.TypeOf(queue)) is not null)
            CheckForStream(queue, options.FailurePolicy);
        if (options.AckMode != AckMode.BeforeHandler
            && context.Topology.TypeOf(queue) == QueueType.Classic && !context.Topology.IsExclusive(queue))
            Log.NothingCountsDeliveries(context.Logger, queue);
        // A queue that is not there is told by the consumer itself.
        if (options.FailurePolicy.IsThroughBroker
            && await context.Topology.FindQueueAsync(queue, cancellationToken).ConfigureAwait(false) is not null)
            await context.RetryQueues.PrepareAsync(queue, options.FailurePolicy, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Refuses what cannot be done with an event of a stream.</summary>
    public static void CheckForStream(string stream, FailurePolicy policy)
    {
        if (policy.IsThroughBroker || policy.Then is FailureAction.Requeue or FailureAction.DeadLetter)
            throw new ArgumentException(
                $"'{stream}' is a stream, to which nothing goes back, and which dead-letters nothing: what fails can be tried again "
                + "where it is, and then be parked, discarded, or end the consumer (FailurePolicy.Retry().ThenPark() and the like).",
                nameof(policy));
    }
}
