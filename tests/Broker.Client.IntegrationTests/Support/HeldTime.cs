using System.Threading.Channels;
using Broker.Client.IntegrationTests.Connection;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>The system's clock, except that waits of one length end only when the test lets them pass, and that it can be set forward.</summary>
internal class HeldTime(TimeSpan held) : TimeProvider
{
    private readonly Channel<ITimer> _waits = Channel.CreateUnbounded<ITimer>();
    private long _ahead; // ticks of the clock

    /// <summary>Sets the clock forward; what waits goes on waiting.</summary>
    public void Move(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

    /// <summary>Sets the clock forward by the length of such a wait, and ends the one that began first.</summary>
    public Task PassAsync()
    {
        Move(held);
        return EndWaitAsync();
    }

    /// <summary>Ends the wait that began first, once there is one.</summary>
    public async Task EndWaitAsync()
    {
        ITimer wait;
        do
            wait = await _waits.Reader.ReadAsync().InTime();
        while (!wait.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan)); // it was given up
    }

    /// <summary>Completes when so many have begun to wait.</summary>
    public Task AllWaitAsync(int count) => Eventually.IsTrueAsync($"{count} waits", () => _waits.Reader.Count >= count);

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != held)
            return base.CreateTimer(callback, state, dueTime, period);
        var timer = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        _waits.Writer.TryWrite(timer);
        return timer;
    }
}
