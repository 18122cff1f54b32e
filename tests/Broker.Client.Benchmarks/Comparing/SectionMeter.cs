namespace Broker.Client.Benchmarks.Comparing;

/// <summary>Times a section of this process, in one stretch or several, and counts what it uses.</summary>
internal sealed class SectionMeter
{
    private readonly Func<long>? _countSends;
    private Figures _began;
    private Figures _used;
    private long _messages;

    /// <param name="countSends">Sends so far; null where they cannot be counted.</param>
    public SectionMeter(Func<long>? countSends)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _countSends = countSends;
    }

    /// <summary>How long the stretches took so far.</summary>
    public TimeSpan Elapsed => _used.Time;

    public void Begin() => _began = Now();

    public void End(long messages)
    {
        _used += Now() - _began;
        _messages += messages;
    }

    public Section Result(Latencies latencies)
    {
        var (p50, p99) = latencies.Percentiles();
        return new Section(
            _messages, _messages / _used.Time.TotalSeconds, _used.Cpu.TotalMicroseconds / _messages,
            (double)_used.Bytes / _messages, _countSends is null ? null : (double)_used.Sends / _messages, p50, p99);
    }

    private Figures Now() => new(
        TimeProvider.System.GetElapsedTime(0), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true),
        _countSends?.Invoke() ?? 0);

    private readonly record struct Figures(TimeSpan Time, TimeSpan Cpu, long Bytes, long Sends)
    {
        public static Figures operator +(Figures one, Figures other) => new(
            one.Time + other.Time, one.Cpu + other.Cpu, one.Bytes + other.Bytes, one.Sends + other.Sends);

        public static Figures operator -(Figures one, Figures other) => new(
            one.Time - other.Time, one.Cpu - other.Cpu, one.Bytes - other.Bytes, one.Sends - other.Sends);
    }
}
