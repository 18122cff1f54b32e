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

    /// <summary>The next call, left in its place, if it may be written now.</summary>
    public PendingCall? Next()
    {
        lock (_lock)
            return _sent.Count < window ? _waiting.First?.Value : null;
    }

    /// <summary>Takes the call from its place and gives it its number; false where it has left meanwhile.</summary>
    public bool TrySend(PendingCall call, object channel)
    {
        lock (_lock)
        {
            if (!Leave(call))
                return false;
            call.Number = ++_lastNumber;
            call.Channel = channel;
            _sent.Add(call.Number, call);
            return true;
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
            isWaitedFor = _waiting.Count > 0;
            return _sent.Remove(number, out var call) ? call : null;
        }
    }

    /// <summary>The call has ended. True where others wait for the room that it leaves.</summary>
    public bool Remove(PendingCall call)
    {
        lock (_lock)
            return !Leave(call) && _sent.Remove(call.Number) && _waiting.Count > 0;
    }

    /// <summary>The channel is gone: what waits for a reply on it.</summary>
    public List<PendingCall> TakeSent(object channel)
    {
        lock (_lock)
        {
            var taken = _sent.Values.Where(call => call.Channel == channel).ToList();
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

    /// <summary>Everything whose deadline has come; <see cref="NextDeadline"/> is that of the others from here on.</summary>
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
                    _sent.Remove(call.Number);
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

    private bool Leave(PendingCall call)
    {
        if (call.Place is not { } place)
            return false;
        _waiting.Remove(place);
        call.Place = null;
        return true;
    }
}
