using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>C6 on a cluster: a consumer goes on where the node is killed that leads its queue, and waits for a queue whose only node is away.</summary>
[Collection(ClusterFixture.Name)]
[Trait("Promise", "C6")]
public sealed class ClusterConsumerTests(ClusterFixture clusters) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly CapturedLogs _logs = new();
    private readonly HeldTime _time = new(TimeSpan.FromSeconds(30)); // no watchdog wakes

    public void Dispose() => _logs.Dispose();

    [Fact]
    public Task A_consumer_hears_again_when_the_leader_of_its_queue_is_killed() => OnClusterAsync(async cluster =>
    {
        var run = new PromiseRun("C6 kill leader", cluster.Nodes[0]);
        var kills = Promise.Figure(pr: 1, night: 15, release: 60);
        await using var probe = await cluster.Nodes[0].ProbeAsync();
        await using var client = await ConnectAsync([.. cluster.Nodes]);
        var queue = await client.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        var (times, breaches) = (new List<TimeSpan>(), new List<string>());

        for (var kill = 0; kill < kills; kill++)
        {
            var number = kill;
            var leader = await cluster.LeaderAsync(queue);
            await leader.KillAsync();
            var began = TimeProvider.System.GetTimestamp();
            await using var survivor = await cluster.Nodes.First(node => node != leader).ProbeAsync();
            await PublishAsync(survivor, queue, $"{kill}");
            await Eventually.IsTrueAsync("the message", () => seen.All.Contains($"{number}"));
            times.Add(TimeProvider.System.GetElapsedTime(began));
            await leader.StartAgainAsync();
            await cluster.WaitUntilWholeAsync();
            // Those of a node that is down are counted until it is back.
            await survivor.WaitForConsumersAsync(queue, 1);
        }

        breaches.AddRange(times.Where(time => time > s_limit).Select(time => $"heard after {time.TotalSeconds:0.0} s"));
        if (consumer.Completion.IsCompleted)
            breaches.Add("ended");
        times.Sort();
        run.Conclude(kills, times.Count, breaches, new { consumer.Status.Restarts, median = times[times.Count / 2].TotalSeconds, longest = times[^1].TotalSeconds });
    });

    [Fact]
    public Task A_consumer_waits_for_a_queue_whose_node_is_down() => OnClusterAsync(async cluster =>
    {
        var (home, other) = (cluster.Nodes[2], cluster.Nodes[1]);
        string queue;
        await using (var probe = await home.ProbeAsync())
        {
            queue = probe.NewName();
            await probe.DeclareAsync(queue); // on the node that it is asked of
            await using var client = await ConnectAsync([other]);
            var seen = new Collected<string>();
            await using var consumer = await client.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));

            await home.KillAsync();
            var refused = await _logs.WaitForAsync(line => line.Id == 4011, s_limit * 4);
            Assert.Contains("down or inaccessible", refused.Text, StringComparison.Ordinal);
            _time.Move(TimeSpan.FromMinutes(10)); // far beyond what a queue has that is gone
            await _logs.WaitForAsync(line => line.Id == 4020, s_limit * 4, times: 2);
            Assert.Equal(ConsumerState.Recovering, consumer.Status.State);
            var error = await Assert.ThrowsAsync<ConsumerException>(() => client.ConsumeAsync(queue, _ => { }).InTime());
            Assert.Equal((ConsumerFailure.QueueUnavailable, true), (error.Reason, error.IsTransient));
            Assert.True((await Assert.ThrowsAsync<TopologyException>(() => client.FindQueueAsync(queue).InTime())).IsTransient);

            await home.StartAgainAsync();
            await probe.PublishAsync(queue, "after");
            Assert.Equal(["after"], await seen.ReachAsync(1));
        }

        await cluster.WaitUntilWholeAsync();
    });

    // Without a leader the queue rejects.
    private static Task PublishAsync(BrokerProbe probe, string queue, string text) => Eventually.IsTrueAsync("a leader", async () =>
    {
        try
        {
            await probe.PublishAsync(queue, text);
            return true;
        }
        catch (RabbitMQ.Client.Exceptions.PublishException)
        {
            return false;
        }
    });

    private async Task OnClusterAsync(Func<ProcessCluster, Task> test)
    {
        var cluster = await clusters.GetAsync();
        try
        {
            await test(cluster);
        }
        catch
        {
            await clusters.DiscardAsync();
            throw;
        }
    }

    private Task<BrokerClient> ConnectAsync(IReadOnlyList<ProcessBroker> nodes)
    {
        var options = _logs.OptionsFor(nodes[0].Uri);
        options.Endpoints = [.. nodes.Select(node => new BrokerEndpoint("127.0.0.1", node.Port))];
        options.OperationTimeout = TimeSpan.FromSeconds(20);
        options.TimeProvider = _time;
        return BrokerClient.ConnectAsync(options).InTime();
    }
}
