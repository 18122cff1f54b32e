namespace Broker.Client;

/// <summary>
/// What one publishing channel has on the wire, by the broker's numbering: 1, 2, 3, ... in the order of the writes. A
/// ring, so that neither a publish nor a confirm of thousands allocates. Not thread-safe: its lane holds a lock.
/// </summary>
internal sealed class ConfirmTracker
{
    private readonly PublishWindow _window;
    private readonly PendingPublish?[] _ring;
    private readonly ulong _mask;
    private ulong _low = 1; // the oldest number that may be unconfirmed
    private ulong _next = 1;
    private ulong _lastReturned;

    public ConfirmTracker(int capacity, PublishWindow window)
    {
        _window = window;
        _ring = new PendingPublish[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = (ulong)_ring.Length - 1;
    }

    public int Count => _window.Messages;

    /// <summary>
    /// Whether the next number has a place. Confirms come out of order: one straggler can hold the
    /// ring while the window has room.
    /// </summary>
    public bool HasRoom => _next - _low < (ulong)_ring.Length;

    /// <summary>The oldest that is on the wire, or null.</summary>
    public PendingPublish? Oldest => _low < _next ? _ring[_low & _mask] : null;

    /// <summary>
    /// Gives the message its number. Before it is written, because its confirm may come before the write returns.
    /// </summary>
    public ulong Register(PendingPublish publish)
    {
        _ring[_next & _mask] = publish;
        _window.Take(publish.Bytes);
        return _next++;
    }

    /// <summary>Takes the last number back: the driver refused its message, and has not counted it either.</summary>
    public PendingPublish Unregister(ulong number)
    {
        if (number != _next - 1 || _ring[number & _mask] is not { } publish)
            throw new InvalidOperationException($"Number {number} is not the last one given.");
        _ring[number & _mask] = null;
        _window.Release(publish.Bytes);
        _next--;
        return publish;
    }

    /// <summary>
    /// Takes what the broker's word is about, one number or all up to it. Numbers that are not on the wire are ignored.
    /// </summary>
    public void Settle(ulong number, bool multiple, List<PendingPublish> settled)
    {
        if (number >= _next)
        {
            if (!multiple)
                return;
            number = _next - 1;
        }

        for (var each = multiple ? _low : number; each <= number && each >= _low; each++)
        {
            if (_ring[each & _mask] is not { } publish)
                continue;
            _ring[each & _mask] = null;
            _window.Release(publish.Bytes);
            settled.Add(publish);
        }

        while (_low < _next && _ring[_low & _mask] is null)
            _low++;
    }

    /// <summary>The message came back; its confirm follows.</summary>
    public void MarkReturned(ulong number, ushort code, string text)
    {
        if (number >= _low && number < _next && _ring[number & _mask] is { } publish)
            publish.Returned = (code, text);
    }

    /// <summary>
    /// As <see cref="MarkReturned(ulong, ushort, string)"/>, for one whose id was made here and so is its alone. They
    /// come back in the order they went: the search goes on from the last one.
    /// </summary>
    public void MarkReturned(string messageId, ushort code, string text)
    {
        var from = Math.Clamp(_lastReturned + 1, _low, _next);
        for (var step = 0ul; step < _next - _low; step++)
        {
            var number = from + step < _next ? from + step : from + step - (_next - _low);
            if (_ring[number & _mask] is not { } publish
                || publish.MessageId != messageId || publish.Publication.Message.MessageId is not null)
                continue;
            publish.Returned = (code, text);
            _lastReturned = number;
            return;
        }
    }

    /// <summary>Gives up what is past its deadline. The number stays taken: the broker may still confirm it.</summary>
    public void Sweep(Action<PendingPublish> giveUpIfDue)
    {
        for (var each = _low; each < _next; each++)
        {
            if (_ring[each & _mask] is { } publish)
                giveUpIfDue(publish);
        }
    }

    /// <summary>The channel is gone: what was on the wire, in order, and numbering starts anew.</summary>
    public List<PendingPublish> TakeAll()
    {
        var unconfirmed = new List<PendingPublish>(Count);
        for (var each = _low; each < _next; each++)
        {
            if (_ring[each & _mask] is not { } publish)
                continue;
            _ring[each & _mask] = null;
            publish.Returned = null;
            if (publish.HasEnded)
                publish.Forget();
            else
                unconfirmed.Add(publish);
        }

        _low = _next = 1;
        _lastReturned = 0;
        _window.Clear();
        return unconfirmed;
    }
}
