namespace Broker.Client.IntegrationTests.Support;

/// <summary>The system's clock, except that what waits for one millisecond waits for ever: no ack goes out by time alone.</summary>
internal sealed class HeldTicks : TimeProvider
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(1);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(base.CreateTimer(callback, state, dueTime, period));

    private sealed class Timer(ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => dueTime == s_tick || inner.Change(dueTime, period);

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
