namespace Broker.Client.IntegrationTests.Support;

/// <summary>What handlers have seen, in order, and a wait for how much of it.</summary>
internal sealed class Collected<T>
{
    private readonly Lock _lock = new(); // guards both lists
    private readonly List<T> _items = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _items.Count;
        }
    }

    public T[] All
    {
        get
        {
            lock (_lock)
                return [.. _items];
        }
    }

    public void Add(T item)
    {
        lock (_lock)
        {
            _items.Add(item);
            foreach (var (_, reached) in _waiters.Where(waiter => waiter.Count <= _items.Count))
                reached.TrySetResult();
        }
    }

    /// <summary>Everything, once there are so many.</summary>
    public async Task<IReadOnlyList<T>> ReachAsync(int count, double seconds = 20)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_items.Count >= count)
                return [.. _items];
            _waiters.Add((count, reached));
        }

        try
        {
            await reached.Task.InTime(seconds);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited for {count}; there are {Count}.");
        }

        return All;
    }
}
