namespace Broker.Client.Testing;

/// <summary>Where a message of a queue is, or how it left.</summary>
public enum MessageFate
{
    /// <summary>It waits to be delivered.</summary>
    Ready,

    /// <summary>It was delivered, and is not settled yet.</summary>
    Delivered,

    /// <summary>A consumer acknowledged it, or took it without acknowledgement.</summary>
    Acked,

    /// <summary>It went to the queue's dead-letter exchange; <see cref="FateChange.Detail"/> is the reason.</summary>
    DeadLettered,

    /// <summary>Its time to live ended, and the queue has no dead-letter exchange.</summary>
    Expired,

    /// <summary>It was dropped, and the queue has no dead-letter exchange; <see cref="FateChange.Detail"/> is the
    /// reason: rejected, maxlen or delivery_limit.</summary>
    Dropped,

    /// <summary>The queue was purged.</summary>
    Purged,

    /// <summary>The queue was deleted.</summary>
    Deleted,
}
