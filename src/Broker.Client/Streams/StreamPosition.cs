namespace Broker.Client;

/// <summary>What an event is, when it arrives, to whoever keeps the position.</summary>
internal enum StreamArrival
{
    New,

    /// <summary>It was there before, on another channel, and is not handled: a handler may have it.</summary>
    Again,

    /// <summary>It is handled.</summary>
    Handled,
}

/// <summary>
/// How far a stream is handled: up to the first event that arrived and is not. It outlives channels, so that after a
/// reconnect the stream is read on from there, and what was handled beyond is left out. It knows only of what arrived:
/// the offsets between are those of events that a filter has kept away.
/// </summary>
/// <param name="next">The first offset that is wanted; null where only the broker can tell.</param>
internal sealed class StreamPosition(long? next = null)
{
    private readonly Lock _lock = new(); // guards all
    private readonly Queue<long> _open = new(); // from the first that is not handled on, in the order of the stream
    private readonly HashSet<long> _handled = []; // of these, the handled ones
    private long? _end = next; // behind the last that arrived

    /// <summary>The first offset that is not handled; null before the first event.</summary>
    public long? Next
    {
        get
        {
            lock (_lock)
                return _open.TryPeek(out var first) ? first : _end;
        }
    }

    public StreamArrival Arrive(long offset)
    {
        lock (_lock)
        {
            if (offset < _end)
                return IsHandledHere(offset) ? StreamArrival.Handled : StreamArrival.Again;
            _open.Enqueue(offset);
            _end = offset + 1;
            return StreamArrival.New;
        }
    }

    /// <summary>An event is handled.</summary>
    public void Handle(long offset)
    {
        lock (_lock)
        {
            if (!_open.TryPeek(out var first) || offset < first)
                return;
            _handled.Add(offset);
            while (_open.TryPeek(out first) && _handled.Remove(first))
                _open.Dequeue();
        }
    }

    public bool IsHandled(long offset)
    {
        lock (_lock)
            return IsHandledHere(offset);
    }

    /// <summary>
    /// A new channel begins with this event, so that those before it are no longer kept: nobody can handle them any more.
    /// </summary>
    /// <returns>How many offsets are given up, from <see cref="Next"/> as it was.</returns>
    public long GiveUpBefore(long offset)
    {
        lock (_lock)
        {
            var wanted = _open.TryPeek(out var first) ? first : _end;
            if (wanted is null || offset <= wanted)
                return 0;
            while (_open.TryPeek(out first) && (first < offset || _handled.Contains(first)))
                _handled.Remove(_open.Dequeue());
            return offset - wanted.Value;
        }
    }

    private bool IsHandledHere(long offset) =>
        _open.TryPeek(out var first) ? offset < first || _handled.Contains(offset) : offset < _end;
}
