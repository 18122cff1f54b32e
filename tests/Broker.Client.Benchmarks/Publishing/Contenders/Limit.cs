using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Benchmarks.Raw;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>What no client can pass by much: a socket that frames go to which were encoded once.</summary>
internal sealed class Limit(RawPublisher publisher) : Contender
{
    public static async Task<Contender> OpenAsync(PublishGroup group) =>
        new Limit(await RawPublisher.ConnectAsync(group.Uri, group.Queue(0), group.Size, declare: false, persistent: true));

    public override bool Can(PublishWork work) => work is { PerSecond: 0, Queues: 1 };

    public override async Task<Section> RunAsync(PublishWork work, TimeSpan time, Latencies latencies)
    {
        var meter = new SectionMeter(() => publisher.Sends);
        meter.Begin();
        meter.End(await Task.Run(() => publisher.PublishWithinAsync(work.Outstanding, time, latencies.Add)));
        return meter.Result(latencies);
    }

    public override ValueTask DisposeAsync()
    {
        publisher.Dispose();
        return default;
    }
}
