namespace Broker.Client.Testing;

/// <summary>One timer for the message at the head, one for the queue itself; neither exists before it is
/// needed.</summary>
internal sealed class QueueTimers(TimeProvider clock, Action headIsDue, Action queueIsDue) : IDisposable
{
    private ITimer? _head;
    private ITimer? _queue;
    private DateTimeOffset? _armed;

    public void WatchHead(DateTimeOffset? expiresAt)
    {
        if (expiresAt == _armed) return;

        _armed = expiresAt;
        if (expiresAt is not { } time)
        {
            _head?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        var due = time - clock.GetUtcNow();
        Arm(ref _head, headIsDue, due > TimeSpan.Zero ? due : TimeSpan.Zero);
    }

    /// <summary>It may have fired early by a rounding: forgotten, it is armed again by whoever looks at the
    /// head.</summary>
    public void HeadFired() => _armed = null;

    public void WatchQueue(TimeSpan? idle)
    {
        if (idle is { } due) Arm(ref _queue, queueIsDue, due);
        else _queue?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _head?.Dispose();
        _queue?.Dispose();
    }

    private void Arm(ref ITimer? timer, Action callback, TimeSpan due)
    {
        // Timers are at most 49 days; a TTL can be as long, and what is later is armed again when this one fires.
        var bounded = due.TotalMilliseconds > uint.MaxValue - 2 ? TimeSpan.FromMilliseconds(uint.MaxValue - 2) : due;
        if (timer is null)
        {
            timer = clock.CreateTimer(static state => ((Action)state!)(), callback, bounded,
                Timeout.InfiniteTimeSpan);
        }
        else
        {
            timer.Change(bounded, Timeout.InfiniteTimeSpan);
        }
    }
}
