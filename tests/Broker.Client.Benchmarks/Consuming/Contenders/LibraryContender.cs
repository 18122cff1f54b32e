using Broker.Client.Benchmarks.Comparing;
using Broker.Client.Testing;

namespace Broker.Client.Benchmarks.Consuming.Contenders;

/// <summary>Runs a library's consumers, and measures.</summary>
internal sealed class LibraryContender(ILibrary library, ConsumeGroup group, Supply supply) : IContender<ConsumeWork>
{
    // Of a queue that is emptied within a section, which is then filled again.
    private const int MostStretches = 25;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public bool Can(ConsumeWork work) => library.Can(work);

    public Task<Section> RunAsync(ConsumeWork work, TimeSpan time, Latencies latencies) => work.Measure switch
    {
        Measure.Latency => LatencyAsync(work, time, latencies),
        Measure.Cut => CutAsync(work, latencies),
        Measure.Memory => MemoryAsync(work, latencies),
        _ => RateAsync(work, time, latencies),
    };

    public ValueTask DisposeAsync()
    {
        supply.Dispose();
        return default;
    }

    private async Task<Section> RateAsync(ConsumeWork work, TimeSpan time, Latencies latencies)
    {
        IRunning? running = null;
        var queue = group.Queue(work.Queue);
        var countable = false;
        var meter = new SectionMeter(() => running!.Sends ?? 0); // it runs by then
        for (var stretch = 0; meter.Elapsed < time && stretch < MostStretches; stretch++)
        {
            var depth = await supply.FillAsync(queue, group.Depth(work, time));
            var tally = new Tally(work, latencies, depth);
            await using (running = await library.StartAsync(group.Uri, group, work, tally))
            {
                countable = running.Sends is not null;
                await tally.First.WaitAsync(s_patience);
                var before = tally.Count;
                meter.Begin();
                await Task.WhenAny(tally.All, Task.Delay(time - meter.Elapsed, TimeProvider.System));
                meter.End(tally.Count - before);
            }

            if (running.Consumes)
                await supply.CheckAsync(queue, depth, tally.Count, work.Prefetch * work.Lanes);
        }

        var section = meter.Result(latencies);
        return countable ? section : section with { Sends = null };
    }

    private async Task<Section> LatencyAsync(ConsumeWork work, TimeSpan time, Latencies latencies)
    {
        await supply.FillAsync(group.Queue(0), depth: 0);
        var tally = new Tally(work, latencies, long.MaxValue);
        await using var running = await library.StartAsync(group.Uri, group, work, tally);
        await using var publisher = await PacedPublisher.StartAsync(group);
        await tally.First.WaitAsync(s_patience);
        var meter = new SectionMeter(() => running.Sends ?? 0);
        await tally.WhenLater().WaitAsync(s_patience);
        latencies.Clear();
        var before = tally.Count;
        meter.Begin();
        await Task.Delay(time, TimeProvider.System);
        meter.End(tally.Count - before);
        var section = meter.Result(latencies);
        return running.Sends is null ? section with { Sends = null } : section;
    }

    private async Task<Section> CutAsync(ConsumeWork work, Latencies latencies)
    {
        await supply.FillAsync(group.Queue(0), depth: 0);
        await using var proxy = await FaultProxy.StartAsync(group.Uri);
        var tally = new Tally(work, latencies, long.MaxValue);
        await using var running = await library.StartAsync(proxy.Uri, group, work, tally);
        await using var publisher = await PacedPublisher.StartAsync(group);
        await tally.First.WaitAsync(s_patience);
        await tally.WhenLater().WaitAsync(s_patience);
        var later = tally.WhenLater();
        var cut = TimeProvider.System.GetTimestamp();
        foreach (var connection in proxy.Connections)
            connection.Reset();
        await later.WaitAsync(s_patience);
        var took = TimeProvider.System.GetElapsedTime(cut);
        return new Section(1, 0, null, null, null, took.TotalMicroseconds, null);
    }

    private async Task<Section> MemoryAsync(ConsumeWork work, Latencies latencies)
    {
        await supply.FillAsync(group.Queue(0), depth: 0);
        var (few, many) = (await HeldAsync(1), await HeldAsync(work.Consumers));
        return new Section(work.Consumers, 0, null, (double)(many - few) / (work.Consumers - 1), null, null, null);

        async Task<long> HeldAsync(int consumers)
        {
            var tally = new Tally(work, latencies, long.MaxValue);
            await using var running = await library.StartAsync(group.Uri, group, work with { Consumers = consumers }, tally);
            return GC.GetTotalMemory(forceFullCollection: true);
        }
    }
}
