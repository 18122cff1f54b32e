using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

public sealed class ExchangeTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(ExchangeKind.Direct, "red.apple", 1)]
    [InlineData(ExchangeKind.Direct, "red.pear", 0)]
    [InlineData(ExchangeKind.Fanout, "anything", 1)]
    [InlineData(ExchangeKind.Topic, "red.apple", 1)]
    [InlineData(ExchangeKind.Topic, "green.apple", 0)]
    [InlineData(ExchangeKind.Headers, "anything", 1)]
    public async Task Each_kind_routes_in_its_way(string kind, string routingKey, int copies)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, kind).InTime();
        await broker.BindQueueAsync(queue, exchange, kind == ExchangeKind.Topic ? "red.*" : "red.apple").InTime();

        await broker.PublishAsync(exchange, routingKey, "routed").InTime();

        Assert.Equal(copies, (await probe.DrainAsync(queue)).Count);
    }

    [Fact]
    public async Task An_exchange_is_durable_and_stays()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var exchange = probe.NewName("exchange");

        await broker.DeclareExchangeAsync(exchange).InTime();

        Assert.Null(await raw.RefusalAsync(channel => channel.ExchangeDeclareAsync(exchange, "direct", durable: true, autoDelete: false)));
        Assert.StartsWith("406", await raw.RefusalAsync(channel => channel.ExchangeDeclareAsync(exchange, "direct", durable: false, autoDelete: false)), StringComparison.Ordinal);
        Assert.StartsWith("406", await raw.RefusalAsync(channel => channel.ExchangeDeclareAsync(exchange, "direct", durable: true, autoDelete: true)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_exchange_is_gone_and_deleting_it_again_is_no_error()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();

        await broker.DeleteExchangeAsync(exchange).InTime();
        await broker.DeleteExchangeAsync(exchange).InTime();

        Assert.StartsWith("404", await raw.RefusalAsync(channel => channel.ExchangeDeclarePassiveAsync(exchange)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exchange_in_use_is_not_deleted_if_unused_was_asked_for()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();
        await broker.BindQueueAsync(queue, exchange).InTime();

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeleteExchangeAsync(exchange, ifUnused: true).InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains(exchange, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_exchange_cannot_route_goes_to_its_alternate()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (main, alternate) = (probe.NewName("main"), probe.NewName("alternate"));
        await broker.DeclareExchangeAsync(alternate, ExchangeKind.Fanout).InTime();
        await broker.DeclareExchangeAsync(main, ExchangeKind.Direct, new ExchangeOptions { AlternateExchange = alternate }).InTime();
        await broker.BindQueueAsync(queue, alternate).InTime();

        await broker.PublishAsync(main, "nobody", "stray").InTime();

        Assert.Equal("stray", (await probe.GetAsync(queue))?.Text);
    }

    [Fact]
    public async Task An_internal_exchange_refuses_publishes_and_passes_on_what_another_exchange_sends()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (front, inner) = (probe.NewName("front"), probe.NewName("inner"));
        await broker.DeclareExchangeAsync(inner, ExchangeKind.Fanout, new ExchangeOptions { Internal = true }).InTime();
        await broker.DeclareExchangeAsync(front, ExchangeKind.Fanout).InTime();
        await broker.BindExchangeAsync(inner, front).InTime();
        await broker.BindQueueAsync(queue, inner).InTime();

        await broker.PublishAsync(front, "", "through").InTime();
        var direct = await broker.TryPublishAsync(inner, "", "past the front").InTime();

        Assert.Equal((PublishOutcome.Rejected, (ushort)403), (direct.Outcome, direct.ReplyCode));
        Assert.Equal(["through"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task An_unknown_type_is_a_clear_error_and_a_consumer_of_the_client_goes_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareExchangeAsync(probe.NewName("exchange"), "x-no-such-type").InTime());

        // 3.10 closes the whole connection over it, later brokers the channel alone.
        Assert.Equal(brokers.Shared.MajorVersion < 4 ? 503 : 406, error.ReplyCode);
        Assert.Contains("x-no-such-type", error.Message, StringComparison.Ordinal);
        await broker.SendAsync(queue, "still here").InTime();
        Assert.Equal(["still here"], await seen.ReachAsync(1));
    }
}
