using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>L5: lost connections leave nothing behind, in the process or at the broker, and the heap does not grow with them.</summary>
[Trait("Promise", "L5")]
[Collection(Alone.Name)] // what it counts is the process's
public sealed class ReconnectLeakTests(BrokerFixture brokers)
{
    private const int Warming = 10; // until pools and caches have what they keep
    private const int Looks = 5;
    private const long MostHeapPerCycle = 1024;
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(60); // the driver may be let end in the background for half as long

    [Fact]
    public async Task Many_cuts_leave_nothing_behind()
    {
        var broker = await brokers.FaultyAsync();
        var run = new PromiseRun("L5", broker);
        var cuts = Promise.Figure(pr: 50, night: 1_000, release: 1_000);
        using var driver = new DriverCounters();
        await using var probe = await broker.ProbeAsync();
        await using var relay = new TcpRelay(broker.Uri);
        var options = BrokerOptions.Parse(relay.Uri.OriginalString) with { MaxReconnectDelay = TimeSpan.FromMilliseconds(200) };
        await using var client = await BusyClient.StartAsync(options, probe);

        await CutAsync(client, relay, Warming, static _ => Task.CompletedTask);
        var before = await Footprint.LookAsync(broker, driver);
        var heap = broker.Lacks(BrokerNeed.Process) is null ? new Slope() : null; // a broker in this process keeps what it was sent
        await CutAsync(client, relay, cuts, async cycle =>
        {
            if (cycle % (cuts / Looks) == 0)
                heap?.Add(cycle, await LiveBytesAsync(driver, before));
        });
        var after = before;
        var began = TimeProvider.System.GetTimestamp();
        do
            after = await Footprint.LookAsync(broker, driver);
        while (after.MoreThan(before).Any() && TimeProvider.System.GetElapsedTime(began) < s_settled);

        var breaches = after.MoreThan(before).ToList();
        if (heap?.PerCycle > MostHeapPerCycle)
            breaches.Add($"the heap grows by {heap.PerCycle:0} bytes with each cut");
        run.Conclude(cuts + Warming, (relay.Accepted - 2) / 2, breaches, new { before, after, heapPerCycle = heap?.PerCycle });
    }

    private static async Task CutAsync(BusyClient client, TcpRelay relay, int cuts, Func<int, Task> look)
    {
        for (var cycle = 1; cycle <= cuts; cycle++)
        {
            await client.LoseConnectionsAsync(() => relay.CutAll(reset: cycle % 2 == 0));
            await client.WorkAsync(cycle);
            await look(cycle);
        }
    }

    /// <summary>What is alive once the driver has let its lost connections go.</summary>
    private static async Task<long> LiveBytesAsync(DriverCounters driver, Footprint before)
    {
        await Eventually.IsTrueAsync(
            "as many connections of the driver as before", async () => (await driver.LookAsync()).Connections <= before.DriverConnections, s_settled);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
