namespace Broker.Client;

/// <summary>When a queue that goes with its connection was not there. Told by whoever opens it, one after the other.</summary>
internal sealed class BroadcastGaps(TimeProvider time) : IOpenings
{
    private const int MostKept = 100;

    private readonly Lock _lock = new(); // guards the list
    private readonly Queue<BroadcastGap> _gaps = new();
    private object? _connection;
    private DateTimeOffset _openedAt;

    public IReadOnlyList<BroadcastGap> All
    {
        get
        {
            lock (_lock)
                return [.. _gaps];
        }
    }

    public void OnOpened(object connection, bool isRestored, DateTimeOffset? lastDelivery, int dropped)
    {
        var now = time.GetUtcNow();
        if (_connection is not null && (isRestored || connection != _connection))
        {
            lock (_lock)
            {
                if (_gaps.Count == MostKept)
                    _gaps.Dequeue();
                _gaps.Enqueue(new BroadcastGap(lastDelivery > _openedAt ? lastDelivery.Value : _openedAt, now, dropped));
            }
        }

        (_connection, _openedAt) = (connection, now);
    }
}
