using System.Collections.Concurrent;
using System.Globalization;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>E1 on a cluster: a stream in partitions, each with a copy on every node, goes on where a node is killed.</summary>
[Collection(ClusterFixture.Name)]
[Trait("Promise", "E1")]
public sealed class ClusterStreamTests(ClusterFixture clusters)
{
    private const int Keys = 12;
    private const int Partitions = 3;

    [Fact]
    public async Task Every_event_of_a_stream_in_partitions_is_handled_in_order_though_a_node_is_killed()
    {
        var cluster = await clusters.GetAsync();
        try
        {
            await RunAsync(cluster);
        }
        catch
        {
            await clusters.DiscardAsync();
            throw;
        }
    }

    private static async Task RunAsync(ProcessCluster cluster)
    {
        var run = new PromiseRun("E1 kill node", cluster.Nodes[0]);
        var kills = Promise.Figure(pr: 1, night: 10, release: 30);
        await using var probe = await cluster.Nodes[0].ProbeAsync();
        await using var publishing = await ConnectAsync(cluster);
        await using var subscribing = await ConnectAsync(cluster);
        var trades = new StreamPartitions(probe.NewName(), Partitions);
        await publishing.DeclarePartitionsAsync(trades);
        var handled = new ConcurrentDictionary<string, ConcurrentQueue<int>>();
        var options = new StreamSubscriptionOptions { Store = new MemoryOffsetStore() };
        // As two processes would have them.
        await using var even = await subscribing.SubscribePartitionsAsync(trades, [0, 2], stream => subscribing.SubscribeAsync(stream, "desk", Handle, options));
        await using var odd = await subscribing.SubscribePartitionsAsync(trades, [1], stream => subscribing.SubscribeAsync(stream, "desk", Handle, options));
        var (number, random) = (0, Promise.Random());
        await PublishAsync(20);

        for (var kill = 0; kill < kills; kill++)
        {
            var victim = cluster.Nodes[random.Next(cluster.Nodes.Count)];
            await victim.KillAsync();
            await PublishAsync(20);
            await WaitUntilHandledAsync();
            await victim.StartAgainAsync();
            await cluster.WaitUntilWholeAsync();
        }

        await PublishAsync(20);
        await WaitUntilHandledAsync();
        for (var partition = 0; partition < Partitions; partition++)
            await probe.DeleteAsync(trades.StreamOf(partition));

        // An event whose confirm was lost is published once more, and may stand twice: its first places must be in order.
        var breaches = handled.Where(key => !key.Value.Distinct().SequenceEqual(Enumerable.Range(0, number)))
            .Select(key => $"key {key.Key} was handled as {string.Join(' ', key.Value)}").ToList();
        if (even.Partitions.Concat(odd.Partitions).Any(partition => partition.Completion.IsCompleted))
            breaches.Add("a subscription ended");
        run.Conclude(kills, kills, breaches, new { keys = handled.Count, events = number * Keys, twice = handled.Sum(key => key.Value.Count) - (number * Keys) });

        void Handle(Delivery delivery) =>
            handled.GetOrAdd(delivery.CorrelationId!, _ => new()).Enqueue(int.Parse(delivery.GetText(), CultureInfo.InvariantCulture)); // every event has one

        async Task PublishAsync(int count)
        {
            for (var end = number + count; number < end; number++)
            {
                foreach (var key in Clients.Numbers(Keys))
                    await SendAsync(key, Message.FromText($"{number}")).InTime(60);
            }
        }

        // RabbitMQ 3.10 returns for a moment what goes to a stream whose node was killed.
        async Task SendAsync(string key, Message message)
        {
            message.CorrelationId = key;
            await Eventually.IsTrueAsync(
                "a publish", async () => (await publishing.TrySendAsync(trades.StreamFor(key), message)).IsConfirmed, TimeSpan.FromSeconds(60));
        }

        Task WaitUntilHandledAsync() => Eventually.IsTrueAsync(
            $"all {number}", () => handled.Count == Keys && handled.Values.All(key => key.Distinct().Count() == number), TimeSpan.FromSeconds(60));
    }

    private static Task<BrokerClient> ConnectAsync(ProcessCluster cluster)
    {
        var options = BrokerOptions.Parse(cluster.Nodes[0].Uri.OriginalString);
        options.Endpoints = [.. cluster.Nodes.Select(node => new BrokerEndpoint("127.0.0.1", node.Port))];
        options.OperationTimeout = TimeSpan.FromSeconds(20);
        options.MaxReconnectDelay = TimeSpan.FromSeconds(1);
        return BrokerClient.ConnectAsync(options).InTime();
    }
}
