using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P7: under a broker's memory alarm publishing costs bounded memory, shows itself, keeps to deadlines, and stops no consumer.</summary>
[Trait("Promise", "P7")]
[Collection(Alone.Name)] // what it measures is the heap of the process
public sealed class MemoryAlarmTests(BrokerFixture brokers)
{
    private const int Producers = 64;
    private const int BodyBytes = 16 * 1024;
    private const int Window = 64;
    private const long MostGrowth = (Window * BodyBytes) + (16 * 1024 * 1024);
    private const int HandledPerSecond = 250; // at the most
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(ProducerKind.Awaiting)]
    [InlineData(ProducerKind.Streaming)]
    public async Task An_alarm_costs_bounded_memory_is_seen_and_stops_no_consumer(ProducerKind kind)
    {
        var broker = await brokers.FaultyAsync();
        var run = new PromiseRun("P7", broker);
        var alarm = TimeSpan.FromSeconds(broker.Lacks(BrokerNeed.Process) is null ? Promise.Figure(pr: 8, night: 60, release: 60) : 3);
        await using var probe = await broker.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(broker);
        await using var client = await broker.ConnectAsync(options => options.Publisher.WindowMessages = Window);
        var queue = await client.DeclareAsync(probe, new() { Type = QueueType.Classic });
        var source = await client.DeclareAsync(probe, new() { Type = QueueType.Classic });
        await client.SendAllAsync(source, Clients.Numbers((int)(alarm.TotalSeconds + 10) * HandledPerSecond));
        var states = new StateRecorder(client);
        var pace = new HandlingPace();
        await using var producers = new AlarmProducers(client, queue, kind, BodyBytes);
        var heap = new HeapWatch();

        await broker.RaiseMemoryAlarmAsync();
        TimeSpan seenAfter;
        try
        {
            await using var consumer = await client.ConsumeAsync(source, pace.HandleAsync);
            var began = TimeProvider.System.GetTimestamp();
            producers.Start(Producers);
            await states.WaitForAsync(BrokerConnectionState.Blocked);
            seenAfter = TimeProvider.System.GetElapsedTime(began);
            while (TimeProvider.System.GetElapsedTime(began) < alarm)
            {
                await pace.ReachAsync(pace.Handled + (HandledPerSecond / 5));
                heap.Look();
            }
        }
        finally
        {
            await broker.ClearMemoryAlarmAsync();
        }

        await Eventually.IsTrueAsync("confirms again", () => producers.Confirmed > 2 * Window);
        await producers.StopAsync().InTime(40);
        var found = TotalQueue.Check(producers.Attempts, await raw.ReadAllAsync(queue));
        run.Conclude(
            faults: 2, bitten: Math.Min(1, found.NotSent) + 1, [.. found.Breaches, .. Breaches()],
            new { kind, alarm = alarm.TotalSeconds, seenAfter = Seconds(seenAfter), heap.Growth, MostGrowth, pace.Handled, longestGap = Seconds(pace.LongestGap), found });

        IEnumerable<string> Breaches()
        {
            if (heap.Growth > MostGrowth)
                yield return $"the heap grew by {heap.Growth} bytes";
            if (seenAfter > s_second)
                yield return $"Blocked was seen after {Seconds(seenAfter)} s";
            if (pace.LongestGap > s_second)
                yield return $"consumers stood still for {Seconds(pace.LongestGap)} s";
        }
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 2);
}
