using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>Every goal that the rows of a run can judge.</summary>
internal sealed class Goals(IReadOnlyList<Row> rows)
{
    private const string Main = "prefetch-256";

    public IReadOnlyList<Goal> Judge()
    {
        List<Goal> goals = [];
        foreach (var group in rows.GroupBy(static row => row.Group))
        {
            var judge = new Judge(group, goals);
            JudgeRate(judge);
            JudgeCost(judge);
            JudgeWaits(judge);
            JudgeTimes(judge);
            JudgeScale(judge);
        }

        return goals;
    }

    private static void JudgeRate(Judge judge)
    {
        if (judge.Group.Kind != ServerKind.RealBroker)
            return;
        var ours = judge.Find(Main, "ours")?.Rate;
        var ofDriver = ours / judge.Find(Main, "driver")?.Rate;
        if (judge.Group.Size > 1024)
        {
            judge.AtLeast(1, "rate of driver's", Main, ofDriver);
        }
        else
        {
            var (least, stretch) = judge.Group.Size <= 16 ? (1.35, "1.5") : (1.2, "1.35");
            judge.AtLeast(least, $"rate of driver's (stretch {stretch})", Main, ofDriver);
            judge.AtLeast(0.65, "rate of limit's (stretch 0.75)", Main, ours / judge.Find(Main, "limit")?.Rate);
            judge.AtLeast(0.8, "rate of driver-auto's (stretch 0.9)", Main, ours / judge.Find(Main, "driver-auto")?.Rate);
        }

        judge.AtLeast(
            0.65, "rate of limit's (stretch 0.75)", "replay", judge.Find("replay", "ours")?.Rate / judge.Find("replay", "limit")?.Rate);
        judge.AtLeast(
            1, "rate of driver's", "prefetch-1", judge.Find("prefetch-1", "ours")?.Rate / judge.Find("prefetch-1", "driver")?.Rate);
    }

    private static void JudgeCost(Judge judge)
    {
        var (ours, driver) = (judge.Find(Main, "ours"), judge.Find(Main, "driver"));
        judge.AtMost(64, "bytes above driver's, body not counted", Main, ours?.Bytes - judge.Group.Size - driver?.Bytes);
        judge.AtMost(0.7, "CPU of driver's", Main, ours?.Cpu / driver?.Cpu);
    }

    private static void JudgeWaits(Judge judge) => judge.AtLeast(
        0.95, "rate of bare waits'", "wait-16", judge.Find("wait-16", "ours")?.Rate / judge.Find("wait-16", "limit")?.Rate);

    private static void JudgeTimes(Judge judge)
    {
        var (ours, driver) = (judge.Find("rate", "ours"), judge.Find("rate", "driver"));
        judge.AtMost(1.1, "p50 of driver's", "rate", ours?.P50 / driver?.P50);
        judge.AtMost(1.3, "p99 of driver's", "rate", ours?.P99 / driver?.P99);
        judge.AtMost(300, "ms until consuming again", "cut", judge.Find("cut", "ours")?.P50 / 1000);
    }

    private static void JudgeScale(Judge judge)
    {
        foreach (var (few, many) in new[] { ("depth-1000", "depth-1000000"), ("consumers-1", "consumers-1000") })
            judge.AtMost(1.25, $"CPU of {few}'s", many, judge.Find(many, "ours")?.Cpu / judge.Find(few, "ours")?.Cpu);
    }
}
