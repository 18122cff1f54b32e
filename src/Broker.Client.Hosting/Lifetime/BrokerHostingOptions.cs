namespace Broker.Client.Hosting;

/// <summary>How a broker and its host depend on each other.</summary>
public sealed record BrokerHostingOptions
{
    /// <summary>
    /// Whether the host starts only when the broker takes everything: connected within
    /// <see cref="BrokerOptions.ConnectDeadline"/>, nothing refused that was to be declared, every consumer accepted. False by
    /// default: the host starts without it, attempts go on, and the health check tells.
    /// </summary>
    public bool FailFast { get; set; }

    /// <summary>
    /// Whether the host stops when a consumer has failed for good (<see cref="Consumer.Completion"/>). False by default: it
    /// goes on without that consumer, and the health check is unhealthy.
    /// </summary>
    public bool StopHostWhenConsumerFails { get; set; }
}
