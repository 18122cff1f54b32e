namespace Broker.Client.Testing;

/// <summary>What bit, in order, and a wait for more of it.</summary>
internal sealed class BiteLog
{
    private readonly Lock _lock = new();
    private readonly List<FaultBite> _bites = [];
    private TaskCompletionSource _next = NewSignal();

    public IReadOnlyList<FaultBite> All
    {
        get
        {
            lock (_lock) return [.. _bites];
        }
    }

    public void Add(FaultBite bite)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            _bites.Add(bite);
            (signal, _next) = (_next, NewSignal());
        }

        signal.SetResult();
    }

    public async Task<FaultBite> WaitAsync(int count, TimeSpan timeout, string what)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using var limit = new CancellationTokenSource(timeout);
        while (true)
        {
            Task next;
            lock (_lock)
            {
                if (_bites.Count >= count) return _bites[count - 1];
                next = _next.Task;
            }

            try
            {
                await next.WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{what} bit {All.Count} times in {timeout}; {count} were waited for");
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
