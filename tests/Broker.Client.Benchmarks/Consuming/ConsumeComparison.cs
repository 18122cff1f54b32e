using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Benchmarks.Consuming.Contenders;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>Consumers of this library beside others and beside a bare socket.</summary>
internal sealed class ConsumeComparison : IComparison<ConsumeWork, ConsumeGroup>
{
    public Choices Choices { get; } = new(
        Contender.Names, Plan.Works, ["broker", "source"],
        new RunOptions
        {
            Only = ["ours", "limit", "driver", "driver-auto"],
            Works = ["prefetch-1", "prefetch-256", "wait-16"],
            QueueTypes = ["classic"],
            Sizes = [16, 1024],
            Rounds = 3,
            Section = TimeSpan.FromSeconds(0.3),
        });

    public IEnumerable<ConsumeGroup> Groups(RunOptions options, Server broker, Server bare) =>
        Plan.Groups(options, broker, bare);

    public Task<IContender<ConsumeWork>> OpenAsync(string contender, ConsumeGroup group, QueueSet queues) =>
        Contender.OpenAsync(contender, group, queues);

    public IReadOnlyList<Goal> Judge(IReadOnlyList<Row> rows) => new Goals(rows).Judge();
}
