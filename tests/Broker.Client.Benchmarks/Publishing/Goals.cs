namespace Broker.Client.Benchmarks.Publishing;

/// <summary>Every goal that the rows of a run can judge.</summary>
internal sealed class Goals(IReadOnlyList<Row> rows)
{
    private static readonly (string Few, string Many)[] s_pairs =
    [
        ("outstanding-1000", "outstanding-100000"), ("queues-1", "queues-1000"), ("publishers-1", "publishers-64"),
    ];

    private readonly List<Goal> _goals = [];

    public IReadOnlyList<Goal> Judge()
    {
        foreach (var works in rows.GroupBy(static row => row.Group))
        {
            JudgeWindow(works);
            JudgeCallers(works);
            JudgeLatency(works);
            JudgeScale(works);
        }

        return _goals;
    }

    private void JudgeWindow(IGrouping<Group, Row> works)
    {
        var ours = Find(works, "window", "ours");
        var limit = Find(works, "window", "limit");
        var driver = Find(works, "window", "driver");
        var (ofLimit, ofDriver) = (ours?.Rate / limit?.Rate, ours?.Rate / driver?.Rate);
        var size = works.Key.Size;
        switch (works.Key.Kind, size)
        {
            case (ServerKind.Sink, <= 1024):
                AtLeast(2.5, "rate of driver's", works, "window", ofDriver);
                break;
            case (ServerKind.RealBroker, <= 1024):
                var (least, stretch) = size <= 16 ? (1.3, "1.4") : (1.1, "1.2");
                AtLeast(0.8, "rate of limit's (stretch 0.9)", works, "window", ofLimit);
                AtLeast(least, $"rate of driver's (stretch {stretch})", works, "window", ofDriver);
                break;
            case (ServerKind.RealBroker, _):
                AtLeast(0.9, "rate of limit's", works, "window", ofLimit);
                AtLeast(1, "rate of driver's", works, "window", ofDriver);
                break;
        }

        AtMost(0.5, "CPU of driver's", works, "window", ours?.Cpu / driver?.Cpu);
        AtMost(0.1, "sends a message", works, "window", ours?.Sends);
        if (size == 16)
            AtMost(200, "bytes a message (stretch 120)", works, "window", ours?.Bytes);
        else if (size == 1024)
            AtMost(0.3, "bytes of driver's", works, "window", ours?.Bytes / driver?.Bytes);
    }

    private void JudgeCallers(IGrouping<Group, Row> works)
    {
        AtLeast(0.9, "rate of window's", works, "callers-200",
            Find(works, "callers-200", "ours")?.Rate / Find(works, "window", "ours")?.Rate);
        AtLeast(1.2, "rate of driver's", works, "callers-8",
            Find(works, "callers-8", "ours")?.Rate / Find(works, "callers-8", "driver")?.Rate);
    }

    private void JudgeLatency(IGrouping<Group, Row> works)
    {
        foreach (var work in new[] { "one", "rate" })
        {
            var (ours, driver) = (Find(works, work, "ours"), Find(works, work, "driver"));
            AtMost(1.1, "p50 of driver's", works, work, ours?.P50 / driver?.P50);
            AtMost(1.3, "p99 of driver's", works, work, ours?.P99 / driver?.P99);
        }
    }

    private void JudgeScale(IGrouping<Group, Row> works)
    {
        foreach (var (few, many) in s_pairs)
        {
            AtMost(
                1.25, $"CPU of {few}'s", works, many,
                Find(works, many, "ours")?.Cpu / Find(works, few, "ours")?.Cpu);
        }
    }

    private void AtLeast(double limit, string what, IGrouping<Group, Row> works, string work, double? measured) =>
        Add(limit, atLeast: true, what, works.Key, work, measured);

    private void AtMost(double limit, string what, IGrouping<Group, Row> works, string work, double? measured) =>
        Add(limit, atLeast: false, what, works.Key, work, measured);

    private void Add(double limit, bool atLeast, string what, Group group, string work, double? measured)
    {
        if (measured is { } figure && double.IsFinite(figure))
            _goals.Add(new Goal($"{group}: {work}, {what}", limit, atLeast, figure));
    }

    private static Row? Find(IEnumerable<Row> rows, string work, string contender) =>
        rows.FirstOrDefault(row => row.Work.Name == work && row.Contender == contender && row.Failure is null);
}
