namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Counts, and lets a test wait for how much.</summary>
internal sealed class Tally
{
    private readonly Lock _lock = new(); // guards all below
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private int _count;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    public void Add()
    {
        lock (_lock)
        {
            _count++;
            foreach (var (_, reached) in _waiters.Where(waiter => waiter.Count <= _count))
                reached.TrySetResult();
            _waiters.RemoveAll(waiter => waiter.Count <= _count);
        }
    }

    public async Task ReachAsync(int count, TimeSpan limit)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_count >= count)
                return;
            _waiters.Add((count, reached));
        }

        await reached.Task.WaitAsync(limit, TimeProvider.System);
    }
}
