namespace Broker.Client;

/// <summary>
/// What a publishing lane has before it: what was lost on the wire and goes first, what is queued, and what
/// is on the wire. Callers, the writer, the driver's reader and the sweeper meet here, under one lock in
/// which nobody waits for anything.
/// </summary>
internal sealed class PublishBacklog
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingPublish> _resend = new();
    private readonly Queue<PendingPublish> _queue = new();
    private readonly PublishWindow _window;
    private readonly ConfirmTracker _tracker;
    private object? _channel;
    private bool _closed;

    public PublishBacklog(int windowMessages, long windowBytes)
    {
        _window = new PublishWindow(windowMessages, windowBytes);
        // Twice the window: a confirm that is late holds its place in the ring, and the others go on past it.
        _tracker = new ConfirmTracker(windowMessages * 2, _window);
    }

    /// <summary>Whether there is something to write.</summary>
    public bool HasQueued
    {
        get
        {
            lock (_lock)
                return PeekLive(_resend) is not null || PeekLive(_queue) is not null;
        }
    }

    /// <summary>Whether what a channel lost is not confirmed yet.</summary>
    public bool IsRecovering
    {
        get
        {
            lock (_lock)
                return PeekLive(_resend) is not null || _tracker.Count > 0;
        }
    }

    /// <summary>Whether there is nothing at all.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return PeekLive(_resend) is null && PeekLive(_queue) is null && _tracker.Count == 0;
        }
    }

    /// <summary>False when nothing more is taken.</summary>
    public bool TryAdd(PendingPublish publish)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            _queue.Enqueue(publish);
            return true;
        }
    }

    /// <summary>From here on nothing more is taken.</summary>
    public void Close()
    {
        lock (_lock)
            _closed = true;
    }

    /// <summary>
    /// Numbers count on this channel from here on. What another one tells is not heard: a late confirm of the last
    /// channel would settle the numbers of this one.
    /// </summary>
    public void Attach(object channel)
    {
        lock (_lock)
            _channel = channel;
    }

    /// <summary>The next message, left in its place, if it may be written now.</summary>
    /// <param name="alone">Only when nothing else is on the wire.</param>
    public PendingPublish? Next(bool alone)
    {
        lock (_lock)
        {
            var next = PeekLive(_resend) ?? PeekLive(_queue);
            return next is not null && _tracker.HasRoom && _window.HasRoomFor(next.Bytes) && !(alone && _tracker.Count > 0)
                ? next
                : null;
        }
    }

    /// <summary>Takes the message from its place and gives it its number; null where it has ended meanwhile.</summary>
    public ulong? TryRegister(PendingPublish publish, long now)
    {
        lock (_lock)
        {
            Dequeue(publish);
            return publish.TryWrite(now) ? _tracker.Register(publish) : null;
        }
    }

    /// <summary>The driver refused the last message: its number is free again.</summary>
    public void Unregister(ulong number)
    {
        lock (_lock)
            _tracker.Unregister(number);
    }

    /// <summary>Takes the message from its place: it will not be written.</summary>
    public void Drop(PendingPublish publish)
    {
        lock (_lock)
            Dequeue(publish);
    }

    public void Settle(object channel, ulong number, bool multiple, bool accepted)
    {
        lock (_lock)
        {
            if (channel == _channel)
                _tracker.Settle(number, multiple, accepted);
        }
    }

    public void MarkReturned(object channel, ulong number, ushort code, string text)
    {
        lock (_lock)
        {
            if (channel == _channel)
                _tracker.MarkReturned(number, code, text);
        }
    }

    /// <summary>The channel is gone: what was on the wire and still waits for an outcome, in its order.</summary>
    /// <param name="onTheWire">How many were, with those that have ended meanwhile.</param>
    public List<PendingPublish> TakeUnconfirmed(out int onTheWire)
    {
        lock (_lock)
        {
            _channel = null;
            onTheWire = _tracker.Count;
            return _tracker.TakeAll();
        }
    }

    /// <summary>Puts these before everything else.</summary>
    public void PutFirst(IEnumerable<PendingPublish> first)
    {
        lock (_lock)
        {
            var later = _resend.ToArray();
            _resend.Clear();
            foreach (var publish in first.Concat(later))
                _resend.Enqueue(publish);
        }
    }

    /// <summary>
    /// Shows every message to <paramref name="giveUpIfDue"/>, and forgets those that have ended and head a queue:
    /// without a connection the writer may not come to them for long.
    /// </summary>
    /// <returns>When the oldest message on the wire was written, and on which channel; null where there is none.</returns>
    public (long WrittenAt, object Channel)? Sweep(Action<PendingPublish> giveUpIfDue)
    {
        lock (_lock)
        {
            foreach (var publish in _resend)
                giveUpIfDue(publish);
            foreach (var publish in _queue)
                giveUpIfDue(publish);
            _tracker.Sweep(giveUpIfDue);
            _ = PeekLive(_resend);
            _ = PeekLive(_queue);
            return _tracker.Oldest is { } oldest && _channel is { } channel ? (oldest.WrittenAt, channel) : null;
        }
    }

    /// <summary>Gives everything up. What is on the wire keeps its number, for a confirm that may still come.</summary>
    public void GiveUpAll(string reason, Exception error)
    {
        lock (_lock)
        {
            foreach (var publish in _resend.Concat(_queue))
                publish.GiveUp(reason, error);
            _resend.Clear();
            _queue.Clear();
            _tracker.Sweep(publish => publish.GiveUp(reason, error));
        }
    }

    private static PendingPublish? PeekLive(Queue<PendingPublish> queue)
    {
        while (queue.TryPeek(out var first))
        {
            if (!first.HasEnded)
                return first;
            queue.Dequeue();
        }

        return null;
    }

    // The sweeper may have removed it, where it ended meanwhile.
    private void Dequeue(PendingPublish publish)
    {
        if (_resend.TryPeek(out var first) && first == publish)
            _resend.Dequeue();
        else if (_queue.TryPeek(out first) && first == publish)
            _queue.Dequeue();
    }
}
