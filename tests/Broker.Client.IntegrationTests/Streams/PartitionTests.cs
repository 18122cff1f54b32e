using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>Streams in partitions: each key has one, and keeps its order there; a process has those that it was given.</summary>
public sealed class PartitionTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Two_processes_with_partitions_of_their_own_get_every_event_once_and_each_key_in_order()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var trades = await DeclareAsync(broker, probe);
        var (seen, byKey) = (new Collected<string>(), new ConcurrentDictionary<string, ConcurrentQueue<int>>());

        await using var even = await broker.SubscribePartitionsAsync(trades, [0, 2], stream => broker.SubscribeAsync(stream, "a", Handle));
        await using var odd = await broker.SubscribePartitionsAsync(trades, [1, 3], stream => broker.SubscribeAsync(stream, "a", Handle));
        for (var number = 0; number < 20; number++)
        {
            foreach (var key in Clients.Numbers(16))
                await broker.SendAsync(trades, key, new Message(System.Text.Encoding.UTF8.GetBytes($"{number}")) { CorrelationId = key }).InTime();
        }

        Assert.Equal(320, (await seen.ReachAsync(320)).Count);
        Assert.Equal(16, byKey.Count);
        Assert.All(byKey.Values, numbers => Assert.Equal(Enumerable.Range(0, 20), numbers));
        Assert.Equal([trades.StreamOf(0), trades.StreamOf(2)], even.Partitions.Select(partition => partition.Stream));
        Assert.All(even.Partitions, partition => Assert.Equal("a", partition.Subscriber));

        void Handle(Delivery delivery)
        {
            byKey.GetOrAdd(delivery.CorrelationId!, _ => new()).Enqueue(int.Parse(delivery.GetText()));
            seen.Add(delivery.CorrelationId!);
        }
    }

    [Fact]
    public async Task Where_one_partition_ends_all_do_and_the_cause_is_told()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var trades = await DeclareAsync(broker, probe);
        var options = new StreamSubscriptionOptions { FailurePolicy = FailurePolicy.Stop };
        await using var all = await broker.SubscribePartitionsAsync(
            trades, null, stream => broker.SubscribeAsync(stream, "a", _ => throw new FormatException("what?"), options));

        await broker.SendAsync(trades, "key", "event").InTime();

        var error = await Assert.ThrowsAsync<ConsumerException>(() => all.RunAsync().InTime());
        Assert.Equal((ConsumerFailure.HandlerFailed, trades.StreamFor("key")), (error.Reason, error.Queue));
        Assert.All(all.Partitions, partition => Assert.True(partition.Completion.IsCompleted));
    }

    [Fact]
    public async Task A_partition_that_is_refused_leaves_none_subscribed_to()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var trades = await DeclareAsync(broker, probe);
        await probe.DeleteAsync(trades.StreamOf(3));
        await using var other = await brokers.Shared.ConnectAsync(); // which has not declared it, and so does not declare it again

        await Assert.ThrowsAsync<ConsumerException>(
            () => other.SubscribePartitionsAsync(trades, null, stream => other.SubscribeAsync(stream, "a", _ => { })).InTime());

        Assert.All(other.Consumers, consumer => Assert.True(consumer.Completion.IsCompleted));
    }

    private static async Task<StreamPartitions> DeclareAsync(BrokerClient broker, BrokerProbe probe)
    {
        var trades = new StreamPartitions(probe.NewName("stream"), partitions: 4);
        for (var partition = 0; partition < 4; partition++)
        {
            foreach (var name in (string[])["", ".a.offset", ".a.failed"])
                probe.Owns($"{trades.StreamOf(partition)}{name}");
        }

        await broker.DeclarePartitionsAsync(trades).AsTask().InTime();
        return trades;
    }
}
