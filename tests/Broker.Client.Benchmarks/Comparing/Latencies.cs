namespace Broker.Client.Benchmarks.Comparing;

/// <summary>
/// Room for the latencies of one section, made once: noting one allocates nothing. What does not fit is not noted.
/// </summary>
internal sealed class Latencies
{
    private readonly long[] _ticks = new long[512 * 1024];
    private int _count;

    public void Clear() => _count = 0;

    public void Add(long began)
    {
        var took = TimeProvider.System.GetTimestamp() - began;
        var index = Interlocked.Increment(ref _count) - 1;
        if (index < _ticks.Length)
            _ticks[index] = took;
    }

    /// <summary>In microseconds; null where there is none.</summary>
    public (double? P50, double? P99) Percentiles()
    {
        var count = Math.Min(_count, _ticks.Length);
        if (count == 0)
            return (null, null);
        Array.Sort(_ticks, 0, count);
        return (At(0.5), At(0.99));

        double At(double part) => _ticks[(int)(part * (count - 1))] * 1e6 / TimeProvider.System.TimestampFrequency;
    }
}
