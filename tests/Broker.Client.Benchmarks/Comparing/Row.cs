namespace Broker.Client.Benchmarks.Comparing;

/// <summary>One contender in one work: its rounds, and what it failed with, if it did.</summary>
internal sealed record Row(Group Group, Work Work, string Contender)
{
    public List<Section> Rounds { get; } = [];

    /// <summary>The rounds before it do not count then.</summary>
    public string? Failure { get; set; }

    public double Rate => Median(static round => round.MessagesPerSecond) ?? 0;

    public double? Cpu => Median(static round => round.CpuMicroseconds);

    public double? Bytes => Median(static round => round.Bytes);

    public double? Sends => Median(static round => round.Sends);

    public double? P50 => Median(static round => round.P50Microseconds);

    public double? P99 => Median(static round => round.P99Microseconds);

    private double? Median(Func<Section, double?> figure)
    {
        var sorted = Rounds.Select(figure).Order().ToArray();
        return sorted.Length == 0 ? null : sorted[sorted.Length / 2];
    }
}
