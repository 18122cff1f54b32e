namespace Broker.Client;

/// <summary>
/// Waits between attempts: none before the first, then full jitter below a ceiling that doubles up to the maximum. Full
/// jitter, so that a thousand clients of one broker do not come back in the same instant.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan max, Random random)
{
    private int _failures;

    /// <summary>The wait before the next attempt.</summary>
    public TimeSpan Next()
    {
        if (_failures++ == 0)
            return TimeSpan.Zero;
        return Ceiling(_failures - 1) * random.NextDouble();
    }

    /// <summary>The longest wait, for failures that waiting does not mend; jittered in its upper half.</summary>
    public TimeSpan Slow()
    {
        _failures++;
        return max * (0.5 + (random.NextDouble() / 2));
    }

    public void Reset() => _failures = 0;

    private TimeSpan Ceiling(int failures)
    {
        var ticks = first.Ticks * Math.Pow(2, Math.Min(failures - 1, 40));
        return ticks >= max.Ticks ? max : TimeSpan.FromTicks((long)ticks);
    }
}
