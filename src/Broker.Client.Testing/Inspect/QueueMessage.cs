using System.Text;

namespace Broker.Client.Testing;

/// <summary>A message of one queue, as it was at the moment of looking: what it is, and where it is or how it
/// left.</summary>
public sealed record QueueMessage
{
    internal QueueMessage()
    {
    }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The exchange it was published to; "" is the default exchange.</summary>
    public required string Exchange { get; init; }

    /// <summary>The routing key it was published with.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>The properties it was published with, and the headers that dead-lettering has added.</summary>
    public required MessageProperties Properties { get; init; }

    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Where it is, or how it left.</summary>
    public required MessageFate Fate { get; init; }

    /// <summary>Whether it was delivered and came back at least once.</summary>
    public required bool IsRedelivered { get; init; }

    /// <summary>How many failed deliveries a quorum queue counts for it (x-delivery-count); 0 on others.</summary>
    public required int DeliveryCount { get; init; }

    /// <summary>When its time to live ends; null where it has none.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What happened to it in this queue, in order. Of a message that comes back again and again the middle
    /// is left out.</summary>
    public required IReadOnlyList<FateChange> Steps { get; init; }

    /// <summary>The body as UTF-8 text.</summary>
    public string GetText() => Encoding.UTF8.GetString(Body.Span);
}
