namespace Broker.Client.Testing;

/// <summary>One message in one queue: its place, its counters, its life. Written under the virtual host's
/// lock.</summary>
internal sealed class MessageRecord(Message message, string queue, long position)
{
    private readonly List<FateChange> _steps = [];

    public Message Message { get; } = message;

    public string Queue { get; } = queue;

    /// <summary>The place in the queue, which a message keeps when it is returned.</summary>
    public long Position { get; set; } = position;

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The place in a stream; null elsewhere.</summary>
    public long? Offset { get; init; }

    public DateTimeOffset StoredAt { get; init; }

    /// <summary>It went to the end of its queue when it came back.</summary>
    public bool IsRequeued { get; set; }

    public bool IsRedelivered { get; set; }

    /// <summary>What the limit of a quorum queue is for: all deliveries that came back, or on 4.3 those that failed.
    /// </summary>
    public int DeliveryCount { get; set; }

    /// <summary>Failed deliveries, in the queues it was dead-lettered from too: what goes along with it.</summary>
    public int Failures { get; set; } = message.Failures;

    /// <summary>All deliveries of this queue that came back, counted or not.</summary>
    public int AcquiredCount { get; set; }

    /// <summary>What the message brought along shows until this queue has a count of its own.</summary>
    public int ShownDeliveryCount => DeliveryCount > 0 ? DeliveryCount : Failures;

    public int ShownAcquiredCount => AcquiredCount > 0 ? AcquiredCount : Failures;

    public MessageFate Fate => _steps.Count == 0 ? MessageFate.Ready : _steps[^1].Fate;

    public bool IsFinished => Fate is not (MessageFate.Ready or MessageFate.Delivered);

    /// <summary>What it counts for where bytes are limited.</summary>
    public int Size { get; init; } = message.Body.Length;

    public IReadOnlyList<FateChange> Steps => _steps;

    public void Becomes(MessageFate fate, DateTimeOffset time, string? detail = null)
    {
        // A message that is returned for ever must not grow for ever: the first and the last steps tell enough.
        if (_steps.Count == 32) _steps.RemoveAt(16);
        _steps.Add(new(time, fate, detail));
    }
}
