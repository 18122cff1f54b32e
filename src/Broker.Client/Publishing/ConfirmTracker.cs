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

    /// <summary>Takes the last number back: the driver refused the message, and has not counted it either.</summary>
    public void Unregister(ulong number)
    {
        if (number != _next - 1 || _ring[number & _mask] is not { } publish)
            throw new InvalidOperationException($"Number {number} is not the last one given.");
        _ring[number & _mask] = null;
        _window.Release(publish.Bytes);
        _next--;
    }

    /// <summary>The broker's word on one number, or on all up to it. Numbers that are not on the wire are ignored.</summary>
    public void Settle(ulong number, bool multiple, bool accepted)
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
            if (accepted)
                publish.Confirm();
            else
                publish.End(
                    PublishOutcome.Rejected, 0,
                    "the broker refused the message (basic.nack); its queue may be full or without a leader.");
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
            if (_ring[each & _mask] is { HasEnded: false } publish)
            {
                publish.Returned = null;
                unconfirmed.Add(publish);
            }

            _ring[each & _mask] = null;
        }

        _low = _next = 1;
        _window.Clear();
        return unconfirmed;
    }
}
