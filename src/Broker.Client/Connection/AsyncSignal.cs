using System.Threading.Tasks.Sources;

namespace Broker.Client;

/// <summary>
/// Wakes one waiting loop. Set any number of times from any thread, it lets the loop through once; set before the wait,
/// it is not lost. No allocation a wait, which is why it is not a semaphore.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _set;
    private bool _waiting;

    public void Set()
    {
        // Seen set, it will be taken later than what the caller did before; the barrier is for that order.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _set))
            return;
        lock (_lock)
        {
            if (!_waiting)
            {
                _set = true;
                return;
            }

            _waiting = false;
        }

        _core.SetResult(true);
    }

    /// <summary>For one loop only: a second waiter is a mistake.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_set)
            {
                _set = false;
                return default;
            }

            if (_waiting)
                throw new InvalidOperationException("Only one loop may wait for this signal.");
            _waiting = true;
            _core.Reset();
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
