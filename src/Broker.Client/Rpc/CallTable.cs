namespace Broker.Client;

/// <summary>
/// The calls that wait to be written and those that wait for their reply. Callers, the writer, the driver's threads and
/// the timer meet here, under one lock in which nobody waits for anything and no call is ended.
/// </summary>
internal sealed class CallTable(int window)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingCall> _waiting = new();
    private readonly Dictionary<ulong, PendingCall> _sent = [];
    private ulong _lastNumber;
    private ulong _newestAbandoned;
    private long _nextDeadline = long.MaxValue;
    private bool _closed;

    /// <summary>Not after the deadline of any call; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextDeadline
    {
        get
        {
            lock (_lock)
                return _nextDeadline;
        }
    }

    /// <summary>False when nothing more is taken. A call that has ended already is not kept.</summary>
    /// <param name="call">The call.</param>
    /// <param name="isSooner">Whether its deadline comes before all others.</param>
    public bool TryAdd(PendingCall call, out bool isSooner)
    {
        lock (_lock)
        {
            isSooner = false;
            if (_closed)
                return false;
            if (call.HasEnded)
                return true;
            call.Place = _waiting.AddLast(call);
            isSooner = call.DeadlineAt < _nextDeadline;
            if (isSooner)
                _nextDeadline = call.DeadlineAt;
            return true;
        }
    }

    /// <summary>Whether a call may be written now.</summary>
    public bool HasNext
    {
        get
        {
            lock (_lock)
                return _waiting.Count > 0 && _sent.Count < window;
        }
    }

    /// <summary>
    /// Takes the next call from its place and gives it its number, if it may be written now; null where there is none.
    /// </summary>
    /// <param name="channel">The channel that it goes to.</param>
    /// <param name="knownExchanges">Where calls may go; one to another exchange is left in its place.</param>
    /// <param name="unknown">Such a call, where it is the next.</param>
    public PendingCall? Send(object channel, HashSet<string> knownExchanges, out PendingCall? unknown)
    {
        unknown = null;
        lock (_lock)
        {
            if (_sent.Count >= window || _waiting.First is not { } first)
                return null;
            var call = first.Value;
            if (!knownExchanges.Contains(call.Exchange))
            {
                unknown = call;
                return null;
            }

            Leave(call);
            call.Number = ++_lastNumber;
            call.Channel = channel;
            _sent.Add(call.Number, call);
            return call;
        }
    }

    /// <summary>Nothing of it was written: it is the next one again, unless it has ended meanwhile.</summary>
    public void Unsend(PendingCall call)
    {
        lock (_lock)
        {
            if (!_sent.Remove(call.Number) || call.HasEnded)
                return;
            call.Channel = null;
            call.Place = _waiting.AddFirst(call);
        }
    }

    /// <summary>The call of this number, which is no longer waited for; null where there is none (any more).</summary>
    /// <param name="number">Its number.</param>
    /// <param name="isWaitedFor">Whether another call waits for the room that this one leaves.</param>
    public PendingCall? Take(ulong number, out bool isWaitedFor)
    {
        lock (_lock)
        {
            isWaitedFor = _sent.Count == window && _waiting.Count > 0;
            return _sent.Remove(number, out var call) ? call : null;
        }
    }

    /// <summary>The call has ended without an answer. True where another waits for the room that it leaves.</summary>
    public bool Remove(PendingCall call)
    {
        lock (_lock)
        {
            var isFull = _sent.Count == window;
            return !Leave(call) && Abandon(call) && isFull && _waiting.Count > 0;
        }
    }

    /// <summary>The channel is gone: what waits for a reply on it, the oldest first.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="newestAbandoned">The highest number that was given up without an answer before.</param>
    public List<PendingCall> TakeSent(object channel, out ulong newestAbandoned)
    {
        lock (_lock)
        {
            newestAbandoned = _newestAbandoned;
            var taken = _sent.Values.Where(call => call.Channel == channel).OrderBy(call => call.Number).ToList();
            foreach (var call in taken)
                _sent.Remove(call.Number);
            return taken;
        }
    }

    /// <summary>Everything that has not been written.</summary>
    public List<PendingCall> TakeWaiting()
    {
        lock (_lock)
        {
            var taken = _waiting.ToList();
            foreach (var call in taken)
                Leave(call);
            return taken;
        }
    }

    /// <summary>
    /// Everything whose deadline has come; <see cref="NextDeadline"/> is that of the others from here on.
    /// </summary>
    public List<PendingCall> TakeDue(long now)
    {
        lock (_lock)
        {
            _nextDeadline = long.MaxValue;
            List<PendingCall> due = [];
            foreach (var call in _waiting.Concat(_sent.Values))
            {
                if (call.DeadlineAt <= now)
                    due.Add(call);
                else
                    _nextDeadline = Math.Min(_nextDeadline, call.DeadlineAt);
            }

            foreach (var call in due)
            {
                if (!Leave(call))
                    Abandon(call);
            }

            return due;
        }
    }

    /// <summary>Takes nothing more from here on; everything there is.</summary>
    public List<PendingCall> Close()
    {
        lock (_lock)
        {
            _closed = true;
            List<PendingCall> all = [.. _waiting, .. _sent.Values];
            foreach (var call in all)
                Leave(call);
            _sent.Clear();
            return all;
        }
    }

    private bool Abandon(PendingCall call)
    {
        if (!_sent.Remove(call.Number))
            return false;
        _newestAbandoned = Math.Max(_newestAbandoned, call.Number);
        return true;
    }

    private bool Leave(PendingCall call)
    {
        if (call.Place is not { } place)
            return false;
        _waiting.Remove(place);
        call.Place = null;
        return true;
    }
}
