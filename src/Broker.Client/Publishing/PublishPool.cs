using System.Collections.Concurrent;

namespace Broker.Client;

/// <summary>Publishes that have ended, to be used again: a steady stream of them allocates none.</summary>
internal sealed class PublishPool(int capacity)
{
    private readonly ConcurrentQueue<PendingPublish> _idle = new();
    private int _count;

    public PendingPublish Rent()
    {
        if (!_idle.TryDequeue(out var publish))
            return new PendingPublish(this);
        Interlocked.Decrement(ref _count);
        return publish;
    }

    public void Return(PendingPublish publish)
    {
        if (Interlocked.Increment(ref _count) <= capacity)
            _idle.Enqueue(publish);
        else
            Interlocked.Decrement(ref _count);
    }
}
