namespace Broker.Client;

/// <summary>
/// What the lanes have in hand. A message that comes again, because its channel has gone or the broker has waited long
/// enough for its ack, waits here until the handler that still has it returns: no message is in two lanes at once.
/// </summary>
/// <remarks>All state is behind one lock, which a message takes twice, for a few instructions.</remarks>
/// <param name="lanes">How many there are; one alone needs nothing of this.</param>
internal sealed class InHand<T>(int lanes)
{
    private readonly Lock _lock = new();
    private readonly List<Delivery>?[] _lanes = new List<Delivery>?[lanes];
    private readonly List<(int Lane, T Item)> _waiting = [];

    /// <summary>The lane begins with a message. False where another lane has it: then the item waits for that one.</summary>
    public bool TryTake(int lane, Delivery delivery, T item)
    {
        lock (_lock)
        {
            if (delivery.MayBeInHand && LaneOf(delivery) is { } other && other != lane)
            {
                _waiting.Add((other, item));
                return false;
            }

            (_lanes[lane] ??= []).Add(delivery);
            return true;
        }
    }

    /// <summary>The lane is done; gives out what has waited for it.</summary>
    public IReadOnlyList<T> LetGo(int lane)
    {
        lock (_lock)
        {
            _lanes[lane]!.Clear(); // it took something
            return _waiting.Count == 0 ? [] : Take(waiting => waiting.Lane == lane);
        }
    }

    /// <summary>Takes out what waits and is like that.</summary>
    public IReadOnlyList<T> TakeWaiting(Predicate<T> like)
    {
        lock (_lock)
            return Take(waiting => like(waiting.Item));
    }

    private List<T> Take(Predicate<(int Lane, T Item)> like)
    {
        List<T> taken = [.. _waiting.FindAll(like).Select(static waiting => waiting.Item)];
        _waiting.RemoveAll(like);
        return taken;
    }

    private int? LaneOf(Delivery delivery)
    {
        for (var lane = 0; lane < _lanes.Length; lane++)
        {
            if (_lanes[lane] is { } deliveries && deliveries.Exists(other => IsSame(delivery, other)))
                return lane;
        }

        return null;
    }

    // No broker numbers its messages, but those of streams. Where two are alike to the last byte, the second waits without need,
    // and no harm is done.
    private static bool IsSame(Delivery one, Delivery other) =>
        one.StreamOffset == other.StreamOffset && one.MessageId == other.MessageId && one.RoutingKey == other.RoutingKey && one.Exchange == other.Exchange
        && one.Body.Span.SequenceEqual(other.Body.Span);
}
