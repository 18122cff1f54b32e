using System.Globalization;
using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>Debian's pika, in a process of its own: one thread, an ack for each.</summary>
internal sealed class Pika(ConsumeGroup group, Supply supply) : IContender<ConsumeWork>
{
    /// <exception cref="NotSupportedException">It is not installed here.</exception>
    public static async Task<IContender<ConsumeWork>> OpenAsync(ConsumeGroup group, Supply supply)
    {
        await Python.RequirePikaAsync();
        return new Pika(group, supply);
    }

    public bool Can(ConsumeWork work) =>
        work is { Lanes: 1, Consumers: 1, Replays: false, Measure: Measure.Rate or Measure.Latency } && group.Kind != ServerKind.Bare;

    public async Task<Section> RunAsync(ConsumeWork work, TimeSpan time, Latencies latencies)
    {
        var queue = group.Queue(work.Queue);
        var depth = await supply.FillAsync(queue, group.Depth(work, time));
        PacedPublisher? publisher = null;
        var line = await Python.RunAsync(
            "Consuming/consume_pika.py",
            ready: async () => publisher = work.Measure == Measure.Latency ? await PacedPublisher.StartAsync(group) : null,
            group.Uri.OriginalString, queue, $"{work.Prefetch}", time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            $"{depth}", work.Waits ? "0.001" : "0");
        if (publisher is not null)
            await publisher.DisposeAsync();
        double[] figures = [.. line.Split(' ').Select(static one => double.Parse(one, CultureInfo.InvariantCulture))];
        var isLatency = work.Measure == Measure.Latency;
        return new Section(
            (long)figures[0], figures[1], figures[2], null, null, isLatency ? figures[3] : null, isLatency ? figures[4] : null);
    }

    public ValueTask DisposeAsync()
    {
        supply.Dispose();
        return default;
    }
}
