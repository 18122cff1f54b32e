namespace Broker.Client.Testing;

/// <summary>Where a message of a queue is, or how it left.</summary>
internal enum MessageFate
{
    Ready,
    Delivered,
    Acked,
    DeadLettered,
    Expired,
    Dropped,
    Purged,
    Deleted,
}

/// <summary>One step of a message's life; <see cref="Detail"/> is a reason of dead-lettering or how it came back.</summary>
internal readonly record struct FateChange(DateTimeOffset Time, MessageFate Fate, string? Detail);
