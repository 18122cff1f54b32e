namespace Broker.Client.Testing;

/// <summary>A message as it was published; the queues it was routed to share it.</summary>
internal sealed record Message
{
    public required string Exchange { get; init; }

    public required string RoutingKey { get; init; }

    public MessageProperties Properties { get; init; } = MessageProperties.None;

    /// <summary>Before it was dead-lettered; null where it never was.</summary>
    public MessageProperties? Original { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The further routing keys of the CC header, which receivers see.</summary>
    public IReadOnlyList<string> CarbonKeys { get; init; } = [];

    /// <summary>The further routing keys of the BCC header, which is removed.</summary>
    public IReadOnlyList<string> BlindKeys { get; init; } = [];

    /// <summary>The deaths so far, the latest first.</summary>
    public IReadOnlyList<Death> Deaths { get; init; } = [];

    /// <summary>How often its delivery failed in the queues that it was dead-lettered from.</summary>
    public int Failures { get; init; }

    /// <summary>Milliseconds, or null when the message has no time to live of its own.</summary>
    public long? Ttl { get; init; }
}
