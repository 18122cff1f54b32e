namespace Broker.Client.Testing;

/// <summary>What a policy gives to the queues whose names fit its pattern, as on RabbitMQ. Where a queue was declared with
/// a limit or time of its own the smaller counts, and a dead-letter exchange or key of its own goes before. Null, the
/// default of each, gives nothing.</summary>
public sealed record TestPolicy
{
    /// <summary>How long a message lives (message-ttl): those that come from then on.</summary>
    public TimeSpan? MessageTtl { get; set; }

    /// <summary>How long a queue may be unused (expires).</summary>
    public TimeSpan? Expires { get; set; }

    /// <summary>Where what dies goes (dead-letter-exchange); "" is the default exchange.</summary>
    public string? DeadLetterExchange { get; set; }

    /// <summary>By which key it goes there (dead-letter-routing-key).</summary>
    public string? DeadLetterRoutingKey { get; set; }

    /// <summary>How many messages may be ready (max-length).</summary>
    public long? MaxLength { get; set; }

    /// <summary>How many bytes of bodies may be ready (max-length-bytes).</summary>
    public long? MaxLengthBytes { get; set; }

    /// <summary>How often a message of a quorum queue may fail (delivery-limit). On RabbitMQ 4 a negative one is none.
    /// </summary>
    public long? DeliveryLimit { get; set; }

    /// <summary>Where several patterns fit a queue, the policy of the highest priority applies, alone; of equal ones the
    /// latest. The default is 0.</summary>
    public int Priority { get; set; }
}
