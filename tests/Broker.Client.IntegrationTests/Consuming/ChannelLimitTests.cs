using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>More consumers than a connection has channels for: each has one of its own.</summary>
public sealed class ChannelLimitTests(BrokerFixture brokers)
{
    private const ushort Channels = 8;

    [Fact]
    public async Task One_consumer_too_many_is_refused_by_name_and_the_others_go_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxChannels = Channels);
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        var consumers = new List<Consumer>();

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(async () =>
        {
            while (consumers.Count <= Channels)
                consumers.Add(await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime());
        });

        Assert.Contains("BrokerOptions.MaxChannels", error.Message, StringComparison.Ordinal);
        Assert.Equal(Channels - 1, consumers.Count); // and one for declarations
        await broker.SendAllAsync(queue, Clients.Numbers(20));
        Assert.Equal(Clients.Numbers(20).Order(), (await seen.ReachAsync(20)).Order());
        Assert.All(consumers, consumer => Assert.Equal((ConsumerState.Consuming, 0), (consumer.Status.State, consumer.Status.Restarts)));

        await consumers[0].StopAsync().InTime();
        await using var another = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime();
    }
}
