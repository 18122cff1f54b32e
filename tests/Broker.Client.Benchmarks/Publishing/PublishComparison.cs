using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Benchmarks.Publishing.Contenders;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>Confirmed publishes of this library beside others and beside a bare socket.</summary>
internal sealed class PublishComparison : IComparison<PublishWork, PublishGroup>
{
    public Choices Choices { get; } = new(
        Contender.Names, Plan.Works, ["broker", "sink"],
        new RunOptions
        {
            Only = ["ours", "limit", "driver"],
            Works = ["window", "callers-8", "callers-200", "one"],
            QueueTypes = ["classic"],
            Sizes = [16, 1024],
            Rounds = 3,
            Section = TimeSpan.FromSeconds(0.3),
        });

    public IEnumerable<PublishGroup> Groups(RunOptions options, Server broker, Server bare) =>
        Plan.Groups(options, broker, bare);

    public async Task<IContender<PublishWork>> OpenAsync(string contender, PublishGroup group, QueueSet queues) =>
        await Contender.OpenAsync(contender, group);

    public async Task CheckAsync(PublishGroup group, Section section, QueueSet queues)
    {
        var stored = await queues.PurgeAsync();
        if (group.Kind != ServerKind.Bare && stored < section.Messages)
            throw new InvalidOperationException($"it published {section.Messages} messages, and the broker has {stored}");
    }

    public IReadOnlyList<Goal> Judge(IReadOnlyList<Row> rows) => new Goals(rows).Judge();
}
