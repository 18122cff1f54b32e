namespace Broker.Client;

/// <summary>
/// What a publishing lane has before it: what was lost on the wire and goes first, what is queued, and what
/// is on the wire. Callers, the writer, the driver's reader and the sweeper meet here, under one lock in
/// which nobody waits for anything.
/// </summary>
internal sealed class PublishBacklog
{
    private const string Nacked =
        "the broker refused the message (basic.nack); its queue may be full or without a leader.";

    private readonly Lock _lock = new();
    private readonly Queue<PendingPublish> _resend = new();
    private readonly Queue<PendingPublish> _queue = new();
    private readonly PublishWindow _window;
    private readonly ConfirmTracker _tracker;
    private List<PendingPublish>? _settled = []; // of the driver's reader, to be used again
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

    /// <summary>How many are on the wire.</summary>
    public int Unconfirmed
    {
        get
        {
            lock (_lock)
                return _tracker.Count;
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

    /// <summary>
    /// What the writer may do next: write a message, which has its number then, or look up the exchange of
    /// the first one, which stays in its place. Null when nothing may be written now.
    /// </summary>
    /// <param name="alone">Only when nothing else is on the wire.</param>
    /// <param name="knownExchanges">Those that need no look-up.</param>
    /// <param name="now">When it is written.</param>
    public PublishTurn? Next(bool alone, HashSet<string> knownExchanges, long now)
    {
        lock (_lock)
        {
            while (true)
            {
                var from = PeekLive(_resend) is null ? _queue : _resend;
                if (PeekLive(from) is not { } next || !_tracker.HasRoom || !_window.HasRoomFor(next.Bytes)
                    || (alone && _tracker.Count > 0))
                    return null;
                if (!knownExchanges.Contains(next.Exchange))
                    return new PublishTurn(null, 0, next.Exchange);
                from.Dequeue();
                if (next.TryWrite(now))
                    return new PublishTurn(next, _tracker.Register(next), null);
                next.Forget(); // ended since it was looked at
            }
        }
    }

    /// <summary>The driver refused the message of the last turn before a byte was written: its number is free again.</summary>
    public void TakeBack(ulong number, string reason, Exception error)
    {
        PendingPublish publish;
        lock (_lock)
            publish = _tracker.Unregister(number);
        publish.Unwrite();
        publish.GiveUp(reason, error);
        publish.Forget();
    }

    /// <summary>Ends the first message, if it is still one to this exchange: it will not be written.</summary>
    public void RefuseFirst(string exchange, ushort code, string text)
    {
        PendingPublish first;
        lock (_lock)
        {
            var from = PeekLive(_resend) is null ? _queue : _resend;
            if (PeekLive(from) is not { } live || live.Exchange != exchange)
                return;
            first = live;
            from.Dequeue();
        }

        first.End(PublishOutcome.Rejected, code, text);
        first.Forget();
    }

    /// <summary>The broker's word on one number, or on all up to it.</summary>
    /// <returns>Whether there is something to write that may have waited for it.</returns>
    public bool Settle(object channel, ulong number, bool multiple, bool accepted)
    {
        List<PendingPublish>? settled;
        bool hasQueued;
        lock (_lock)
        {
            if (channel != _channel)
                return false;
            hasQueued = _resend.Count > 0 || _queue.Count > 0;
            settled = Interlocked.Exchange(ref _settled, null) ?? [];
            _tracker.Settle(number, multiple, settled);
        }

        // Outside of the lock: waking the callers takes longer than finding them.
        foreach (var publish in settled)
        {
            if (accepted)
                publish.Confirm();
            else
                publish.End(PublishOutcome.Rejected, 0, Nacked);
            publish.Forget();
        }

        settled.Clear();
        Volatile.Write(ref _settled, settled);
        return hasQueued;
    }

    /// <summary>A message came back: by its number, or by an id that was made for it alone.</summary>
    public void MarkReturned(object channel, ulong? number, string messageId, ushort code, string text)
    {
        lock (_lock)
        {
            if (channel != _channel)
                return;
            if (number is { } its)
                _tracker.MarkReturned(its, code, text);
            else
                _tracker.MarkReturned(messageId, code, text);
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
    /// Shows every message to <paramref name="giveUpIfDue"/>, and forgets those that have ended in a queue.
    /// </summary>
    /// <returns>When the oldest message on the wire was written, and on which channel; null where there is none.</returns>
    public (long WrittenAt, object Channel)? Sweep(Action<PendingPublish> giveUpIfDue)
    {
        lock (_lock)
        {
            Sweep(_resend, giveUpIfDue);
            Sweep(_queue, giveUpIfDue);
            _tracker.Sweep(giveUpIfDue);
            return _tracker.Oldest is { } oldest && _channel is { } channel ? (oldest.WrittenAt, channel) : null;
        }
    }

    /// <summary>Gives everything up. What is on the wire keeps its number, for a confirm that may still come.</summary>
    /// <returns>How many there were that had not ended.</returns>
    public int GiveUpAll(string reason, Exception error)
    {
        var left = 0;
        lock (_lock)
        {
            foreach (var publish in _resend.Concat(_queue))
            {
                GiveUp(publish);
                publish.Forget();
            }

            _resend.Clear();
            _queue.Clear();
            _tracker.Sweep(GiveUp);
        }

        return left;

        void GiveUp(PendingPublish publish)
        {
            left += publish.HasEnded ? 0 : 1;
            publish.GiveUp(reason, error);
        }
    }

    // What has ended goes from the middle too: behind one that waits for long it would be held as long.
    private static void Sweep(Queue<PendingPublish> queue, Action<PendingPublish> giveUpIfDue)
    {
        for (var left = queue.Count; left > 0; left--)
        {
            var publish = queue.Dequeue();
            giveUpIfDue(publish);
            if (publish.HasEnded)
                publish.Forget();
            else
                queue.Enqueue(publish);
        }
    }

    private static PendingPublish? PeekLive(Queue<PendingPublish> queue)
    {
        while (queue.TryPeek(out var first))
        {
            if (!first.HasEnded)
                return first;
            queue.Dequeue();
            first.Forget();
        }

        return null;
    }
}
