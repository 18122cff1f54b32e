namespace Broker.Client;

/// <summary>
/// How long a quorum queue of RabbitMQ 4.3 keeps back what was rejected to be tried again (<see cref="Delivery.RetryAsync()"/>,
/// <see cref="FailurePolicy.ThroughBroker"/>), or was in hand when its connection was lost: <paramref name="Min"/> for each
/// time that happened to the message, up to <paramref name="Max"/>. What was handed back by
/// <see cref="Delivery.ReleaseAsync"/> is not delayed.
/// </summary>
/// <param name="Min">The delay of the first time, and what each further one adds; whole milliseconds, at least one.</param>
/// <param name="Max">The longest delay; at least <paramref name="Min"/>, and at most 49 days.</param>
public sealed record DelayedRetry(TimeSpan Min, TimeSpan Max);
