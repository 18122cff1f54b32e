using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.Hosting.Tests.Polling;

/// <summary>A clock on which a wait is over when the test says so, and not before.</summary>
internal sealed class PollingTime : TimeProvider, IDisposable
{
    /// <summary>What no wait of a source is: the limit of a request, which stays out of the way.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromHours(77);

    private readonly Queue<Wait> _waits = new();
    private readonly SemaphoreSlim _some = new(0);
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>Lets the next wait be over, once there is one; how long it was.</summary>
    public async Task<TimeSpan> EndWaitAsync()
    {
        await _some.WaitAsync().InTime();
        Wait wait;
        lock (_waits)
            wait = _waits.Dequeue();
        _now += wait.Length;
        wait.End();
        return wait.Length;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(callback, state, dueTime);
        if (dueTime != Limit && dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (_waits)
                _waits.Enqueue(wait);
            _some.Release();
        }

        return wait;
    }

    public void Dispose() => _some.Dispose();

    private sealed class Wait(TimerCallback callback, object? state, TimeSpan length) : ITimer
    {
        public TimeSpan Length => length;

        public void End() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
