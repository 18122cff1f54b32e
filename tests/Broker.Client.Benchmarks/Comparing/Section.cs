namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What one contender did in one work of one round; what cannot be counted is null.</summary>
internal sealed record Section(
    long Messages, double MessagesPerSecond, double? CpuMicroseconds, double? Bytes, double? Sends, double? P50Microseconds,
    double? P99Microseconds);
