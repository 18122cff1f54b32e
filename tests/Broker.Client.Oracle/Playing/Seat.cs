using Broker.Client.Oracle.Wire;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>One of the program's channels: what it holds, and what came to it in the step that is being played.</summary>
internal sealed class Seat(int number, string prefix)
{
    private readonly Dictionary<string, bool> _noAck = [];
    private readonly SortedSet<ulong> _unconfirmed = [];
    private readonly List<(ulong Tag, int Step)> _held = [];
    private readonly List<(string Consumer, ulong Tag, string Words)> _delivered = [];
    private readonly List<string> _events = [];
    private readonly SortedSet<ulong> _acked = [];
    private readonly SortedSet<ulong> _nacked = [];
    private int _step;

    public RawChannel? Channel { get; private set; }

    public bool IsOpen => Channel is { IsOpen: true };

    public bool HoldsSome => IsOpen && _held.Count > 0;

    public bool IsConfirmed
    {
        get
        {
            Collect();
            return _unconfirmed.Count == 0;
        }
    }

    public void Open(RawChannel channel)
    {
        Collect();
        Channel = channel;
        _held.Clear();
        _noAck.Clear();
        _unconfirmed.Clear();
    }

    public void Consumes(string tag, bool noAck) => _noAck.TryAdd(tag, noAck);

    public void Holds(ulong tag) => _held.Add((tag, _step));

    public void Published() => _unconfirmed.Add(Channel!.Published);

    public void ReleaseAll() => _held.Clear();

    /// <summary>
    /// A tag to settle. Messages that came in one step may have come in another order on the other broker, so that "all up to here" is asked for the
    /// last of a step alone.
    /// </summary>
    public ulong? Pick(int pick, bool multiple)
    {
        if (_held.Count == 0) return null;

        var (tag, step) = _held[pick % _held.Count];
        if (!multiple)
        {
            _held.RemoveAll(held => held.Tag == tag);
            return tag;
        }

        var last = _held.Where(held => held.Step == step).Max(held => held.Tag);
        _held.RemoveAll(held => held.Tag <= last);
        return last;
    }

    /// <summary>Takes in what came.</summary>
    public void Collect()
    {
        foreach (var received in Channel?.TakeUnasked() ?? []) Take(received);
    }

    /// <summary>What came in this step, in an order that does not depend on chance.</summary>
    public IEnumerable<string> Lines()
    {
        Collect();
        foreach (var (_, _, words) in Ordered()) yield return $"ch{number} {words}";
        if (_delivered.Count > 0) yield return $"ch{number} tags {Ranges(_delivered.Select(delivery => delivery.Tag).Order())}";
        foreach (var line in _events) yield return $"ch{number} {line}";
        if (_acked.Count > 0) yield return $"ch{number} confirmed {Ranges(_acked)}";
        if (_nacked.Count > 0) yield return $"ch{number} refused {Ranges(_nacked)}";
    }

    /// <summary>The step is over: what was delivered is held from now on.</summary>
    public void EndStep()
    {
        foreach (var (consumer, tag, _) in Ordered())
            if (!_noAck.GetValueOrDefault(consumer)) _held.Add((tag, _step));
        _delivered.Clear();
        _events.Clear();
        _acked.Clear();
        _nacked.Clear();
        _step++;
    }

    private IEnumerable<(string Consumer, ulong Tag, string Words)> Ordered() =>
        _delivered.OrderBy(delivery => delivery.Consumer, StringComparer.Ordinal);

    private void Take(Received received)
    {
        switch (received.Method)
        {
            case BasicDeliver deliver:
                _delivered.Add((deliver.ConsumerTag, deliver.DeliveryTag, Words.Of(received, prefix)));
                break;
            case BasicAck ack:
                Confirm(ack.DeliveryTag, ack.Multiple, _acked);
                break;
            case BasicNack nack:
                Confirm(nack.DeliveryTag, nack.Multiple, _nacked);
                break;
            default:
                _events.Add(Words.Of(received, prefix));
                break;
        }
    }

    private void Confirm(ulong tag, bool multiple, SortedSet<ulong> into)
    {
        if (!multiple)
        {
            if (!_unconfirmed.Remove(tag)) _events.Add($"confirms {tag} that was not open");
            into.Add(tag);
            return;
        }

        foreach (var open in _unconfirmed.Where(open => open <= tag).ToList())
        {
            _unconfirmed.Remove(open);
            into.Add(open);
        }
    }

    private static string Ranges(IEnumerable<ulong> tags)
    {
        List<(ulong First, ulong Last)> ranges = [];
        foreach (var tag in tags)
        {
            if (ranges.Count > 0 && ranges[^1].Last + 1 == tag) ranges[^1] = (ranges[^1].First, tag);
            else ranges.Add((tag, tag));
        }

        return string.Join(' ', ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}"));
    }
}
