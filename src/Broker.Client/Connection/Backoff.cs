namespace Broker.Client;

/// <summary>
/// Waits between attempts: none before the first, then the upper quarter of a ceiling that doubles up to the maximum, where the
/// wait is drawn at random: a thousand clients of one broker do not come back in the same instant, and none comes back
/// more often than the ceiling means it to.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan max, Random random)
{
    private const double LeastOfCeiling = 0.75;
    private const int RefusalFactor = 4;

    // The longest wait for a broker that is there.
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(4);

    private int _failures;

    /// <summary>Between attempts to connect.</summary>
    public static Backoff OfConnections(BrokerOptions options, Random random) =>
        new(options.ReconnectDelay, options.MaxReconnectDelay, random);

    /// <summary>Between attempts to open a channel on a connection, or to consume there.</summary>
    public static Backoff OfChannels(BrokerOptions options, Random random) =>
        new(Shorter(options.ReconnectDelay, s_short), Shorter(options.MaxReconnectDelay, s_short), random);

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Next() => _failures++ == 0 ? TimeSpan.Zero : Draw(Ceiling(_failures - 1));

    /// <summary>Four times the longest wait, for refusals that waiting does not mend.</summary>
    public TimeSpan Slow()
    {
        _failures++;
        return Draw(RefusalFactor * max);
    }

    public void Reset() => _failures = 0;

    /// <summary>
    /// It stood for so long. After four seconds it starts anew, at once; what breaks as soon as it stands is not hammered, and
    /// waited for no longer than those four seconds.
    /// </summary>
    public void NoteHeld(TimeSpan time)
    {
        if (time > Shorter(max, s_short))
            Reset();
        while (_failures > 1 && Ceiling(_failures) > s_short)
            _failures--;
    }

    private TimeSpan Draw(TimeSpan ceiling) => ceiling * (LeastOfCeiling + ((1 - LeastOfCeiling) * random.NextDouble()));

    private TimeSpan Ceiling(int failures)
    {
        var ticks = first.Ticks * Math.Pow(2, Math.Min(failures - 1, 40));
        return ticks >= max.Ticks ? max : TimeSpan.FromTicks((long)ticks);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
