using Broker.Client.Benchmarks.OwnBroker;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>What no client can pass by much: a socket that frames go to which were encoded once.</summary>
internal sealed class Limit(RawPublisher publisher) : Contender
{
    public static async Task<Contender> OpenAsync(Group group) =>
        new Limit(await RawPublisher.ConnectAsync(group.Uri, group.Queue(0), group.Size, declare: false, persistent: true));

    public override bool Can(Work work) => work is { PerSecond: 0, Queues: 1 };

    public override async Task<Section> RunAsync(Work work, TimeSpan time, Latencies latencies)
    {
        var meter = SectionMeter.Start(() => publisher.Sends);
        return meter.Stop(await Task.Run(() => publisher.PublishWithinAsync(work.Outstanding, time, latencies.Add)), latencies);
    }

    public override ValueTask DisposeAsync()
    {
        publisher.Dispose();
        return default;
    }
}
