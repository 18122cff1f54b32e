using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

public sealed class BindingTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData("all", "red", "large", true)]
    [InlineData("all", "red", "small", false)]
    [InlineData("any", "red", "small", true)]
    [InlineData("any", "green", "small", false)]
    public async Task Binding_arguments_arrive(string match, string colour, string size, bool arrives)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Headers).InTime();
        await broker.BindQueueAsync(queue, exchange, arguments: Match(match)).InTime();

        var message = new Message { Headers = { ["colour"] = colour, ["size"] = size } };
        await broker.PublishAsync(exchange, "", message).InTime();

        Assert.Equal(arrives ? 1u : 0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task An_unbound_queue_gets_no_more()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();
        await broker.BindQueueAsync(queue, exchange, "kept").InTime();
        await broker.BindQueueAsync(queue, exchange, "removed").InTime();

        await broker.UnbindQueueAsync(queue, exchange, "removed").InTime();
        var result = await broker.TryPublishAsync(exchange, "removed", "to nobody", new PublishOptions { Mandatory = true }).InTime();
        await broker.PublishAsync(exchange, "kept", "to the queue").InTime();

        Assert.Equal(PublishOutcome.Returned, result.Outcome);
        Assert.Equal(["to the queue"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_binding_with_arguments_is_unbound_by_the_same_arguments()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Headers).InTime();
        await broker.BindQueueAsync(queue, exchange, arguments: Match("all")).InTime();
        var message = new Message { Headers = { ["colour"] = "red", ["size"] = "large" } };

        await broker.UnbindQueueAsync(queue, exchange, arguments: Match("any")).InTime();
        await broker.PublishAsync(exchange, "", message).InTime();
        await broker.UnbindQueueAsync(queue, exchange, arguments: Match("all")).InTime();
        await broker.PublishAsync(exchange, "", message).InTime();

        Assert.Single(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task An_exchange_gets_what_it_is_bound_for_until_it_is_unbound()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (source, destination) = (probe.NewName("source"), probe.NewName("destination"));
        await broker.DeclareExchangeAsync(source, ExchangeKind.Topic).InTime();
        await broker.DeclareExchangeAsync(destination, ExchangeKind.Fanout).InTime();
        await broker.BindQueueAsync(queue, destination).InTime();
        await broker.BindExchangeAsync(destination, source, "orders.#").InTime();

        await broker.PublishAsync(source, "orders.new", "first").InTime();
        await broker.PublishAsync(source, "invoices.new", "elsewhere").InTime();
        await broker.UnbindExchangeAsync(destination, source, "orders.#").InTime();
        await broker.PublishAsync(source, "orders.new", "too late").InTime();

        Assert.Equal(["first"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    private static Dictionary<string, object?> Match(string match) => new() { ["x-match"] = match, ["colour"] = "red", ["size"] = "large" };
}
