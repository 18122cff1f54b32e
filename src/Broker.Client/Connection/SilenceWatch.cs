namespace Broker.Client;

/// <summary>
/// Finds a peer that is no longer there. The broker sends something at least every half heartbeat; the driver gives it
/// three whole ones, and looks no oftener. Looks are counted and not the time between them: a process that was stopped
/// for a while must not blame its peer.
/// </summary>
internal sealed class SilenceWatch : IDisposable
{
    private static readonly TimeSpan s_longestPeriod = TimeSpan.FromSeconds(1);

    private readonly Func<long> _lastRead;
    private readonly Action<TimeSpan> _silent;
    private readonly TimeSpan _period;
    private readonly TimeSpan _limit;
    private readonly ITimer? _timer;
    private long _seen;
    private int _looks;

    /// <param name="heartbeat">What was agreed; without one nothing is watched.</param>
    /// <param name="lastRead">Changes with every read.</param>
    /// <param name="silent">Called once two heartbeats have passed without a byte.</param>
    /// <param name="clock">The system's, because the peer's heartbeats are.</param>
    public SilenceWatch(TimeSpan heartbeat, Func<long> lastRead, Action<TimeSpan> silent, TimeProvider clock)
    {
        (_lastRead, _silent) = (lastRead, silent);
        _limit = heartbeat * 2;
        _period = heartbeat / 4 < s_longestPeriod ? heartbeat / 4 : s_longestPeriod;
        _seen = lastRead();
        if (heartbeat > TimeSpan.Zero)
            _timer = clock.CreateTimer(static watch => ((SilenceWatch)watch!).Look(), this, _period, _period); // itself
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var last = _lastRead();
        if (last != _seen)
        {
            (_seen, _looks) = (last, 0);
            return;
        }

        var silence = _period * ++_looks;
        if (silence < _limit)
            return;
        _timer?.Dispose();
        _silent(silence);
    }
}
