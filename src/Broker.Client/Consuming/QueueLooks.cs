namespace Broker.Client;

/// <summary>
/// The looks at queues of a client's watchdogs: one for all consumers of a queue in the time between two looks, however
/// many they are.
/// </summary>
internal sealed class QueueLooks(BrokerTopology topology, TimeProvider time)
{
    // Younger than the last look of anyone who asks again.
    private static readonly TimeSpan s_fresh = Deafness.Interval - TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, Task<QueueInfo?> Look)> _last = new(StringComparer.Ordinal);

    /// <summary>How the queue stood at some moment since the caller's last look; null where there was none.</summary>
    public Task<QueueInfo?> LookAsync(string queue, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var (name, last) in _last)
            {
                if (last.Look.IsFaulted || time.GetElapsedTime(last.At, now) >= s_fresh)
                    _last.Remove(name);
            }

            if (!_last.TryGetValue(queue, out var recent))
            {
                _last[queue] = recent = (now, topology.FindQueueAsync(queue, CancellationToken.None).AsTask());
                Bounded.ObserveLater(recent.Look);
            }

            return recent.Look.WaitAsync(cancellationToken);
        }
    }
}
