using System.Threading.Tasks.Sources;

namespace Broker.Client;

/// <summary>
/// Wakes one waiting loop. Set any number of times from any thread, it lets the loop through once; set before the wait,
/// it is not lost. No allocation a wait, which is why it is not a semaphore.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource<bool>
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _set;
    private bool _waiting;

    /// <param name="here">
    /// Lets the loop go on in this very call, until its next wait; else it goes on on the thread pool.
    /// </param>
    public void Set(bool here = false)
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

        _core.RunContinuationsAsynchronously = !here;
        _core.SetResult(here);
    }

    /// <summary>For one loop only: a second waiter is a mistake.</summary>
    /// <returns>Whether the loop may be in the call of the one who set.</returns>
    public ValueTask<bool> WaitAsync()
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
            return new ValueTask<bool>(this, _core.Version);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
