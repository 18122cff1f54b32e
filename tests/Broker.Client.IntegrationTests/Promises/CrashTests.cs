using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P5: nothing confirmed is lost when the broker is killed or stands still under load, and publishing goes on as soon as it is back.</summary>
[Collection(BrokerFixture.Faulty)]
[Trait("Promise", "P5")]
public sealed class CrashTests(BrokerFixture brokers)
{
    private const int PerSecond = 1_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // The longest wait between two attempts to connect, and a second.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_recovery = s_longestWait + TimeSpan.FromSeconds(1);

    [Fact]
    public Task Nothing_confirmed_is_lost_when_the_broker_is_killed_under_load() =>
        RunAsync("P5 kill", Promise.Figure(pr: 2, night: 20, release: 60), (broker, _) => broker.KillAsync(), broker => broker.StartAgainAsync());

    [Fact]
    public Task Nothing_confirmed_is_lost_when_the_broker_stands_still_under_load() =>
        RunAsync(
            "P5 pause", Promise.Figure(pr: 2, night: 20, release: 60),
            async (broker, random) =>
            {
                await broker.PauseAsync();
                await Task.Delay(TimeSpan.FromSeconds(random.Next(1, Promise.Figure(pr: 5, night: 20, release: 20) + 1)), TimeProvider.System);
            },
            broker => broker.ResumeAsync());

    private async Task RunAsync(string promise, int faults, Func<BrokerUnderTest, Random, Task> stop, Func<BrokerUnderTest, Task> back)
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        var run = new PromiseRun(promise, broker);
        await using var probe = await broker.ProbeAsync();
        var options = new CapturedLogs().OptionsFor(broker.Uri);
        options.Heartbeat = TimeSpan.FromSeconds(1);
        options.MaxReconnectDelay = s_longestWait;
        await using var client = await BrokerClient.ConnectAsync(options).InTime();
        var queue = await client.DeclareAsync(probe);
        var (cuts, bitten) = (0, 0);
        var ledger = new PublishLedger(() => Volatile.Read(ref cuts));
        var random = Promise.Random();
        var recoveries = new List<TimeSpan>();
        using var over = new CancellationTokenSource();
        var publishing = new Producers(client, queue, ledger).PublishAtRateAsync(producer: 0, PerSecond, over.Token);
        // RabbitMQ has a new quorum queue on disk a few seconds after it has confirmed into it: see Faults/BrokerFaultTests.
        await ledger.Confirmed.ReachAsync(4 * PerSecond, s_patience);

        for (var fault = 0; fault < faults; fault++)
        {
            ledger.Outages.TakeLongest();
            var lasted = await Patience.TimedAsync(async () =>
            {
                Interlocked.Increment(ref cuts);
                await stop(broker, random);
                // What was sent to a broker that stood still is read now, and was sent again if the client has left meanwhile.
                Interlocked.Increment(ref cuts);
                await back(broker);
            });
            var before = ledger.Confirmed.Count;
            recoveries.Add(await Patience.TimedAsync(() => ledger.Confirmed.ReachAsync(before + 1, s_patience)));
            bitten += ledger.Outages.TakeLongest() > lasted / 2 ? 1 : 0;
            await ledger.Confirmed.ReachAsync(before + PerSecond, s_patience);
        }

        await over.CancelAsync();
        await publishing;
        await client.DisposeAsync();
        await using var raw = await RawChannel.OpenAsync(broker);
        var found = TotalQueue.Check(ledger.Attempts, await raw.ReadAllAsync(queue));
        var late = recoveries.Where(recovery => recovery > s_recovery).Select(recovery => $"recovered after {recovery.TotalSeconds:0.0} s");
        run.Conclude(faults, bitten, [.. found.Breaches, .. late], new { found, recoveries = recoveries.Select(recovery => Math.Round(recovery.TotalSeconds, 2)) });
    }
}
