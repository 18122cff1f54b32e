namespace Broker.Client;

/// <summary>Who brings a message back after a while.</summary>
internal interface IRetryLater
{
    /// <summary>Completes when a copy that comes back after the delay is safe; the original is the caller's to settle.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The delay cannot be had.</exception>
    /// <exception cref="BrokerException">The copy is not safe.</exception>
    ValueTask SendAsync(Delivery delivery, TimeSpan delay, CancellationToken cancellationToken);
}
