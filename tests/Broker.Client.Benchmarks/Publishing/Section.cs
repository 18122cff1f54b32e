namespace Broker.Client.Benchmarks.Publishing;

/// <summary>What one contender did in one work of one round; what cannot be counted is null.</summary>
internal sealed record Section(
    long Messages, double MessagesPerSecond, double? CpuMicroseconds, double? Bytes, double? Sends, double? P50Microseconds,
    double? P99Microseconds);

/// <summary>Times a section of this process and counts what it uses.</summary>
internal sealed class SectionMeter
{
    private readonly Func<long>? _countSends;
    private readonly long _sends;
    private readonly TimeSpan _cpu;
    private readonly long _bytes;
    private readonly long _began;

    private SectionMeter(Func<long>? countSends)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _countSends = countSends;
        _sends = countSends?.Invoke() ?? 0;
        _bytes = GC.GetTotalAllocatedBytes(precise: true);
        _cpu = Environment.CpuUsage.TotalTime;
        _began = TimeProvider.System.GetTimestamp();
    }

    public static SectionMeter Start(Func<long>? countSends) => new(countSends);

    public Section Stop(long messages, Latencies latencies)
    {
        var elapsed = TimeProvider.System.GetElapsedTime(_began);
        var cpu = Environment.CpuUsage.TotalTime - _cpu;
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - _bytes;
        var sends = _countSends?.Invoke() - _sends;
        var (p50, p99) = latencies.Percentiles();
        return new Section(
            messages, messages / elapsed.TotalSeconds, cpu.TotalMicroseconds / messages, (double)bytes / messages,
            (double?)sends / messages, p50, p99);
    }
}
