using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>What every subscription of a client shares.</summary>
internal sealed record ConsumingContext(
    BrokerOptions Options, ConnectionSupervisor Connections, BrokerTopology Topology, Parking Parking,
    RetryQueues RetryQueues, ConsumerTags Tags, QueueLooks Looks, Func<Random> NewRandom, ILogger Logger)
{
    public Telemetry Telemetry { get; } = new(Options.TimeProvider, Logger);

    /// <summary>As <see cref="Parking.TryParkAsync"/>, and counted.</summary>
    public async Task<string?> TryParkAsync(
        Delivery delivery, string parkingQueue, ParkCause cause, CancellationToken cancellationToken)
    {
        var failure = await Parking.TryParkAsync(delivery, parkingQueue, cause, cancellationToken).ConfigureAwait(false);
        if (failure is null)
            Telemetry.Count(Metrics.Parked, 1, delivery.Queue, SemanticNames.ParkReason, cause.Reason);
        return failure;
    }
}
