using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P6: nothing confirmed into a quorum queue of three is lost when one node is killed, stands still, is cut off or is restarted.</summary>
[Collection(ClusterFixture.Name)]
[Trait("Promise", "P6")]
public sealed class ClusterTests(ClusterFixture clusters)
{
    [Fact]
    public Task Nothing_confirmed_is_lost_when_the_leader_is_killed() =>
        RunAsync("P6 kill leader", Promise.Figure(pr: 2, night: 10, release: 30), async (cluster, queue, load, _) =>
        {
            var leader = await cluster.LeaderAsync(queue);
            await leader.KillAsync();
            await load.WaitForAnswersAsync();
            await leader.StartAgainAsync();
        });

    [Fact]
    public Task Nothing_confirmed_is_lost_when_the_leader_stands_still() =>
        RunAsync("P6 pause leader", Promise.Figure(pr: 2, night: 10, release: 30), async (cluster, queue, load, random) =>
        {
            var leader = await cluster.LeaderAsync(queue);
            await leader.PauseAsync();
            await Task.Delay(Lasting(random), TimeProvider.System);
            await leader.ResumeAsync();
            await load.WaitForAnswersAsync();
        });

    [Fact]
    public Task Nothing_confirmed_is_lost_when_a_node_is_cut_off_from_the_others() =>
        RunAsync("P6 isolate a minority", Promise.Figure(pr: 2, night: 10, release: 30), async (cluster, _, load, random) =>
        {
            var node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
            await cluster.IsolateAsync(node);
            await Task.Delay(Lasting(random), TimeProvider.System);
            await cluster.RejoinAsync(node);
            await load.WaitForAnswersAsync();
        });

    [Fact]
    public Task Nothing_confirmed_is_lost_when_every_node_is_restarted_in_turn() =>
        RunAsync("P6 rolling restart", Promise.Figure(pr: 1, night: 3, release: 10), async (cluster, _, load, _) =>
        {
            foreach (var node in cluster.Nodes)
            {
                await node.StopAsync();
                await load.WaitForAnswersAsync();
                await node.StartAgainAsync();
                await cluster.WaitUntilWholeAsync();
            }
        });

    /// <summary>Long enough that two heartbeats of a second are over.</summary>
    private static TimeSpan Lasting(Random random) => TimeSpan.FromSeconds(3 + (random.NextDouble() * Promise.Figure(pr: 1, night: 12, release: 12)));

    private async Task RunAsync(string promise, int faults, Func<ProcessCluster, string, ClusterLoad, Random, Task> disturb)
    {
        var cluster = await clusters.GetAsync();
        try
        {
            await RunAsync(cluster, promise, faults, disturb);
        }
        catch
        {
            await clusters.DiscardAsync();
            throw;
        }
    }

    private static async Task RunAsync(
        ProcessCluster cluster, string promise, int faults, Func<ProcessCluster, string, ClusterLoad, Random, Task> disturb)
    {
        var run = new PromiseRun(promise, cluster.Nodes[0]);
        await using var probe = await cluster.Nodes[0].ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, QueueKind.Quorum);
        var random = Promise.Random();
        var (attempts, outages, bitten) = (new List<Attempt>(), new List<TimeSpan>(), 0);

        for (var fault = 0; fault < faults; fault++)
        {
            await using var load = await ClusterLoad.StartAsync(cluster, queue, firstProducer: fault * cluster.Nodes.Count);
            await disturb(cluster, queue, load, random);
            await load.StopAsync();
            attempts.AddRange(load.Attempts);
            outages.Add(load.Outage);
            bitten += load.Losses > 0 ? 1 : 0;
            await cluster.WaitUntilWholeAsync();
        }

        await using var raw = await RawChannel.OpenAsync(cluster.Nodes[0]);
        var found = TotalQueue.Check(attempts, await raw.ReadAllAsync(queue));
        var left = await probe.CountAsync(queue);
        outages.Sort();
        run.Conclude(faults, bitten, left > 0 ? [.. found.Breaches, $"{left} left in the queue"] : found.Breaches, new
        {
            found,
            left,
            outageP95 = Math.Round(outages[(int)Math.Ceiling(outages.Count * 0.95) - 1].TotalSeconds, 2),
            outages = outages.Select(outage => Math.Round(outage.TotalSeconds, 2)),
        });
    }
}
