using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>Which works a run has, in groups whose figures are compared with each other.</summary>
internal static class Plan
{
    private const int Small = 16;

    private static readonly ConsumeWork[] s_prefetch =
        [.. new[] { 1, 32, 256, 1000 }.Select(static prefetch => new ConsumeWork($"prefetch-{prefetch}", prefetch))];

    private static readonly ConsumeWork[] s_lanes =
        [.. new[] { 4, 16 }.Select(static lanes => new ConsumeWork($"lanes-{lanes}", Lanes: lanes))];

    private static readonly ConsumeWork[] s_waits =
        [.. new[] { 1, 4, 16 }.Select(static lanes => new ConsumeWork($"wait-{lanes}", Lanes: lanes, Waits: true))];

    private static readonly ConsumeWork s_replay = new("replay", Prefetch: 1000, Replays: true);
    private static readonly ConsumeWork s_rate = new("rate", Measure: Measure.Latency);
    private static readonly ConsumeWork s_cut = new("cut", Measure: Measure.Cut);
    private static readonly ConsumeWork s_memory = new("idle-1000", Consumers: 1000, Measure: Measure.Memory);

    // Each pair differs in one thing.
    private static readonly ConsumeWork[] s_depth =
        [new("depth-1000", Depth: 1000), new("depth-1000000", Depth: 1_000_000, Queue: 1)];

    private static readonly ConsumeWork[] s_consumers =
        [new("consumers-1", Prefetch: 64), new("consumers-1000", Prefetch: 64, Consumers: 1000)];

    /// <summary>Every name that <c>--works</c> may hold.</summary>
    public static IReadOnlyList<string> Works { get; } =
    [
        .. ((ConsumeWork[])[.. s_prefetch, .. s_lanes, .. s_waits, s_rate, s_cut, s_memory, .. s_depth, .. s_consumers, s_replay])
            .Select(static work => work.Name),
    ];

    public static IEnumerable<ConsumeGroup> Groups(RunOptions options, Server broker, Server source) =>
        All(options, broker, source)
            .Select(group => group with { Works = [.. group.Works.Where(work => options.Works.Contains(work.Name))] })
            .Where(static group => group.Works.Count > 0);

    private static IEnumerable<ConsumeGroup> All(RunOptions options, Server broker, Server source)
    {
        if (options.Servers.Contains("broker"))
        {
            foreach (var type in options.QueueTypes)
            {
                foreach (var size in options.Sizes)
                    yield return new ConsumeGroup(broker, type, size, WorksOf(size));
                yield return new ConsumeGroup(broker, type, Small, s_depth, Alone: true);
            }

            foreach (var size in options.Sizes)
                yield return new ConsumeGroup(broker, "stream", size, [s_replay]);
        }

        if (!options.Servers.Contains("source"))
            yield break;
        foreach (var size in options.Sizes)
            yield return new ConsumeGroup(source, "none", size, [.. s_prefetch, .. s_lanes]);
        yield return new ConsumeGroup(source, "none", Small, s_consumers, Alone: true);
    }

    private static ConsumeWork[] WorksOf(int size) =>
        size == 1024 ? [.. s_prefetch, .. s_lanes, .. s_waits, s_rate, s_cut, s_memory] : s_prefetch;
}
