namespace Broker.Client.IntegrationTests.Support;

/// <summary>The system's clock, except that waits of the given lengths are over at once, and noted.</summary>
internal sealed class SkippedTime(params double[] seconds) : TimeProvider
{
    public Collected<double> Skipped { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (!seconds.Contains(dueTime.TotalSeconds))
            return base.CreateTimer(callback, state, dueTime, period);
        Skipped.Add(dueTime.TotalSeconds);
        return base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(1), period);
    }
}
