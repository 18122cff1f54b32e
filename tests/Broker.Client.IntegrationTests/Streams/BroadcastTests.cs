using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>Broadcast: everybody who listens hears it, is back after a reconnect, and says when he did not listen.</summary>
public sealed class BroadcastTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Everybody_hears_what_his_pattern_matches_and_after_a_reconnect_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        await using var other = await brokers.Shared.ConnectAsync();
        var exchange = await DeclareAsync(other, probe);
        var (eur, all) = (new Collected<string>(), new Collected<string>());
        await using var a = await broker.SubscribeToExchangeAsync(exchange, "*.eur", delivery => eur.Add(delivery.GetText()));
        await using var b = await other.SubscribeToExchangeAsync(exchange, "#", delivery => all.Add(delivery.GetText()));
        await PublishAsync("quote.eur", "quote.usd", "trade.eur");
        Assert.Equal(["quote.eur", "trade.eur"], await eur.ReachAsync(2));
        Assert.Empty(a.Gaps);

        relay.Refuse();
        relay.CutAll();
        await Eventually.IsTrueAsync("away", () => a.Status.State == ConsumerState.Recovering);
        await PublishAsync("missed.eur");
        await all.ReachAsync(4);
        relay.AcceptAgain();
        await Eventually.IsTrueAsync("back", () => a.Status.State == ConsumerState.Consuming);
        await PublishAsync("later.eur");

        Assert.Equal(["quote.eur", "trade.eur", "later.eur"], await eur.ReachAsync(3));
        var gap = Assert.Single(a.Gaps);
        Assert.True(gap.From <= gap.Until);
        Assert.Equal(0, gap.Dropped);
        Assert.Equal(["quote.eur", "quote.usd", "trade.eur", "missed.eur", "later.eur"], await all.ReachAsync(5));
        Assert.Empty(b.Gaps);

        async Task PublishAsync(params string[] keys)
        {
            foreach (var key in keys)
                await other.PublishAsync(exchange, key, key).InTime();
        }
    }

    [Fact]
    public async Task Events_that_went_with_their_queue_are_counted()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        await using var other = await brokers.Shared.ConnectAsync();
        var exchange = await DeclareAsync(other, probe);
        var held = new Signal();
        await using var subscription = await broker.SubscribeToExchangeAsync(exchange, "#", async (_, token) =>
        {
            held.Set();
            await Patience.ForeverAsync(token);
        });
        for (var number = 0; number < 5; number++)
            await other.PublishAsync(exchange, "key", "event").InTime();
        await held.Task.InTime();
        await Eventually.IsTrueAsync("all have come", () => subscription.Status.InFlight == 5);

        relay.CutAll();
        await Eventually.IsTrueAsync("the gap", () => subscription.Gaps.Count == 1);

        Assert.Equal(5, subscription.Gaps[0].Dropped);
    }

    [Fact]
    public async Task A_pause_misses_nothing_and_says_so()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var exchange = await DeclareAsync(broker, probe);
        var seen = new Collected<string>();
        await using var subscription = await broker.SubscribeToExchangeAsync(exchange, "#", delivery => seen.Add(delivery.GetText()));

        await subscription.PauseAsync().InTime();
        await broker.PublishAsync(exchange, "key", "event").InTime();
        await subscription.ResumeAsync().InTime();

        await seen.ReachAsync(1);
        Assert.Empty(subscription.Gaps);
    }

    [Fact]
    public async Task It_leaves_no_queue_behind_and_declares_none_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var exchange = await DeclareAsync(broker, probe);
        var queues = new List<string>();
        for (var time = 0; time < 2; time++)
        {
            await using var subscription = await broker.SubscribeToExchangeAsync(exchange, "#", _ => { });
            queues.Add(Assert.Single(broker.Consumers).Queue);
        }

        relay.CutAll();
        await broker.FindQueueAsync("amq.nothing").InTime();

        foreach (var queue in queues)
            Assert.Null(await broker.FindQueueAsync(queue).InTime());
    }

    [Fact]
    public async Task An_exchange_that_is_not_there_is_told_by_name()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var error = await Assert.ThrowsAsync<TopologyException>(
            () => broker.SubscribeToExchangeAsync("test.no.such.exchange", "#", _ => { }).InTime());

        Assert.Equal(404, error.ReplyCode);
    }

    private static async Task<string> DeclareAsync(BrokerClient broker, BrokerProbe probe)
    {
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Topic).InTime();
        return exchange;
    }
}
