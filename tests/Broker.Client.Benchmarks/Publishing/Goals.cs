using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>Every goal that the rows of a run can judge.</summary>
internal sealed class Goals(IReadOnlyList<Row> rows)
{
    private static readonly (string Few, string Many)[] s_pairs =
    [
        ("outstanding-1000", "outstanding-100000"), ("queues-1", "queues-1000"), ("publishers-1", "publishers-64"),
    ];

    public IReadOnlyList<Goal> Judge()
    {
        List<Goal> goals = [];
        foreach (var group in rows.GroupBy(static row => row.Group))
        {
            var judge = new Judge(group, goals);
            JudgeWindow(judge);
            JudgeCallers(judge);
            JudgeLatency(judge);
            JudgeScale(judge);
        }

        return goals;
    }

    private static void JudgeWindow(Judge judge)
    {
        var ours = judge.Find("window", "ours");
        var limit = judge.Find("window", "limit");
        var driver = judge.Find("window", "driver");
        var (ofLimit, ofDriver) = (ours?.Rate / limit?.Rate, ours?.Rate / driver?.Rate);
        var size = judge.Group.Size;
        switch (judge.Group.Kind, size)
        {
            case (ServerKind.Bare, <= 1024):
                judge.AtLeast(2.5, "rate of driver's", "window", ofDriver);
                break;
            case (ServerKind.RealBroker, <= 1024):
                var (least, stretch) = size <= 16 ? (1.3, "1.4") : (1.1, "1.2");
                judge.AtLeast(0.8, "rate of limit's (stretch 0.9)", "window", ofLimit);
                judge.AtLeast(least, $"rate of driver's (stretch {stretch})", "window", ofDriver);
                break;
            case (ServerKind.RealBroker, _):
                judge.AtLeast(0.9, "rate of limit's", "window", ofLimit);
                judge.AtLeast(1, "rate of driver's", "window", ofDriver);
                break;
        }

        judge.AtMost(0.5, "CPU of driver's", "window", ours?.Cpu / driver?.Cpu);
        judge.AtMost(0.1, "sends a message", "window", ours?.Sends);
        if (size == 16)
            judge.AtMost(200, "bytes a message (stretch 120)", "window", ours?.Bytes);
        else if (size == 1024)
            judge.AtMost(0.3, "bytes of driver's", "window", ours?.Bytes / driver?.Bytes);
    }

    private static void JudgeCallers(Judge judge)
    {
        judge.AtLeast(0.9, "rate of window's", "callers-200",
            judge.Find("callers-200", "ours")?.Rate / judge.Find("window", "ours")?.Rate);
        judge.AtLeast(1.2, "rate of driver's", "callers-8",
            judge.Find("callers-8", "ours")?.Rate / judge.Find("callers-8", "driver")?.Rate);
    }

    private static void JudgeLatency(Judge judge)
    {
        foreach (var work in new[] { "one", "rate" })
        {
            var (ours, driver) = (judge.Find(work, "ours"), judge.Find(work, "driver"));
            judge.AtMost(1.1, "p50 of driver's", work, ours?.P50 / driver?.P50);
            judge.AtMost(1.3, "p99 of driver's", work, ours?.P99 / driver?.P99);
        }
    }

    private static void JudgeScale(Judge judge)
    {
        foreach (var (few, many) in s_pairs)
        {
            judge.AtMost(
                1.25, $"CPU of {few}'s", many, judge.Find(many, "ours")?.Cpu / judge.Find(few, "ours")?.Cpu);
        }
    }
}
