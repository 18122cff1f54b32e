namespace Broker.Client.Testing;

/// <summary>When the first of what a channel holds has been held for too long. The timer is moved forward alone: what is
/// settled in time, as nearly all is, moves nothing.</summary>
internal sealed class AckWatch(TimeProvider clock, Action due) : IDisposable
{
    private ITimer? _timer;
    private DateTimeOffset? _armed;

    public void Expect(DateTimeOffset time)
    {
        if (_armed <= time) return;

        _armed = time;
        var left = time - clock.GetUtcNow();
        if (left < TimeSpan.Zero) left = TimeSpan.Zero;
        // Longer than a timer can wait: looked at again then.
        if (left.TotalMilliseconds > int.MaxValue) left = TimeSpan.FromMilliseconds(int.MaxValue);
        if (_timer is null) _timer = clock.CreateTimer(_ => due(), null, left, Timeout.InfiniteTimeSpan);
        else _timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It has fired, and waits for nothing until it is told to.</summary>
    public void Fired() => _armed = null;

    public void Dispose() => _timer?.Dispose();
}
