using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>Which works a run has, in groups whose figures are compared with each other.</summary>
internal static class Plan
{
    private const int Window = 1024;

    private static readonly PublishWork s_window = new("window", Callers: 1, Window);
    private static readonly PublishWork[] s_callers =
    [
        new("callers-8", Callers: 8, Outstanding: 8), new("callers-200", Callers: 200, Outstanding: 200),
    ];
    private static readonly PublishWork s_one = new("one", Callers: 1, Outstanding: 1);
    private static readonly PublishWork s_rate = new("rate", Callers: 1, Outstanding: 1, PerSecond: 500);

    // Each pair differs in one thing.
    private static readonly PublishWork[] s_scale =
    [
        new("outstanding-1000", Callers: 1, Outstanding: 1000), new("outstanding-100000", Callers: 1, Outstanding: 100_000),
        new("queues-1", Callers: 1, Window), new("queues-1000", Callers: 1, Window, Queues: 1000),
        new("publishers-1", Callers: 1, Window), new("publishers-64", Callers: 64, Window),
    ];

    /// <summary>Every name that <c>--works</c> may hold.</summary>
    public static IReadOnlyList<string> Works { get; } =
        [.. ((PublishWork[])[s_window, .. s_callers, s_one, s_rate, .. s_scale]).Select(static work => work.Name)];

    public static IEnumerable<PublishGroup> Groups(RunOptions options, Server broker, Server sink) =>
        All(options, broker, sink)
            .Select(group => group with { Works = [.. group.Works.Where(work => options.Works.Contains(work.Name))] })
            .Where(static group => group.Works.Count > 0);

    private static IEnumerable<PublishGroup> All(RunOptions options, Server broker, Server sink)
    {
        if (options.Servers.Contains("broker"))
        {
            foreach (var type in options.QueueTypes)
            {
                foreach (var size in options.Sizes)
                    yield return new PublishGroup(broker, type, size, WorksOf(size));
            }
        }

        if (!options.Servers.Contains("sink"))
            yield break;
        foreach (var size in options.Sizes)
            yield return new PublishGroup(sink, "none", size, WorksOf(size));
        yield return new PublishGroup(sink, "none", 16, s_scale, Alone: true);
    }

    private static PublishWork[] WorksOf(int size) => size == 1024 ? [s_window, .. s_callers, s_one, s_rate] : [s_window];
}
