namespace Broker.Client.Testing;

/// <summary>
/// A quorum queue: what came back, in the order in which it came back, and then what was never taken. 4.0 knows two
/// priorities and takes two of the high one for each of the normal one; 4.3 knows 32, and the higher always goes first.
/// </summary>
internal sealed class QuorumShelf(QuorumPriorities priorities) : Shelf
{
    private const int Default = 4;
    private const int MostHigh = 2;

    private readonly Queue<MessageRecord> _returned = new();
    private readonly SortedDictionary<int, Queue<MessageRecord>> _lanes = [];
    private int _taken;

    public override MessageRecord? Head => _returned.TryPeek(out var returned) ? returned : NextLane()?.Peek();

    public override IEnumerable<MessageRecord> Heads
    {
        get
        {
            if (_returned.TryPeek(out var returned)) yield return returned;
            if (priorities != QuorumPriorities.Strict)
            {
                if (returned is null && NextLane() is { } next) yield return next.Peek();
                yield break;
            }

            foreach (var lane in _lanes.Values) yield return lane.Peek();
        }
    }

    public override List<MessageRecord> ToList() =>
        [.. _returned, .. _lanes.Reverse().SelectMany(static lane => lane.Value)];

    public override void Pass() => _taken = _taken == MostHigh ? 0 : _taken + 1;

    public override void Forget() => _taken = 0;

    protected override void Put(MessageRecord record)
    {
        var level = Level(record);
        if (!_lanes.TryGetValue(level, out var lane)) _lanes[level] = lane = new();
        lane.Enqueue(record);
    }

    protected override void Restore(MessageRecord record) => _returned.Enqueue(record);

    protected override void Remove(MessageRecord head)
    {
        if (_returned.TryPeek(out var returned) && returned == head)
        {
            _returned.Dequeue();
            return;
        }

        var lane = _lanes[Level(head)];
        if (lane == NextLane()) Pass();
        lane.Dequeue();
        if (lane.Count == 0) _lanes.Remove(Level(head));
    }

    private Queue<MessageRecord>? NextLane()
    {
        if (_lanes.Count == 0) return null;
        var (first, last) = (_lanes.First().Value, _lanes.Last().Value);
        // A high one that is older than the normal one goes first all the same.
        return _taken == MostHigh && priorities == QuorumPriorities.HighAndNormal
            && first.Peek().Position < last.Peek().Position
            ? first
            : last;
    }

    private int Level(MessageRecord record)
    {
        var priority = record.Message.Properties.Priority;
        return priorities switch
        {
            QuorumPriorities.None => 0,
            // What was requeued has lost its priority.
            QuorumPriorities.HighAndNormal => priority > Default && !record.IsRequeued ? 1 : 0,
            _ => Math.Min((int)(priority ?? Default), 31),
        };
    }
}

/// <summary>What a quorum queue makes of a message's priority.</summary>
internal enum QuorumPriorities
{
    None,
    HighAndNormal,
    Strict,
}
