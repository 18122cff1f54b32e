using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>RabbitMQ.Client #1993: a consumer whose consume-ok came too late stayed at the broker, and what it was sent vanished unacknowledged.</summary>
[Trait("Upstream", "1993")]
public sealed class Upstream1993Tests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_consumer_that_is_answered_too_late_keeps_nothing_from_the_next_one()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(0.5));
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(20));
        var seen = new Collected<string>();
        var late = proxy.On(Frames.Method("basic.consume-ok").FromBroker().Number(1)).Hold();

        await Assert.ThrowsAnyAsync<BrokerException>(() => broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime());
        late.Lift();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime();

        Assert.Single(late.Bites);
        await seen.ReachAsync(20);
        await probe.WaitForConsumersAsync(queue, 1);
        await consumer.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.Equal(Clients.Numbers(20).Order(), seen.All.Distinct().Order());
    }

    [Fact]
    public async Task A_consumer_that_is_answered_too_late_after_a_reconnect_consumes_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(0.5));
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime();
        var late = proxy.On(Frames.Method("basic.consume-ok").FromBroker().Number(1)).Hold();

        proxy.Connections[0].Reset();
        await late.WaitForBiteAsync();
        await probe.PublishAsync(queue, Clients.Numbers(20));

        await seen.ReachAsync(20);
        late.Lift();
        await probe.WaitForConsumersAsync(queue, 1);
        Assert.Equal(Clients.Numbers(20).Order(), seen.All.Distinct().Order());
        Assert.False(consumer.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_consumer_that_is_never_answered_soon_lets_go_of_what_it_was_sent()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(0.5));
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime();
        var never = proxy.On(Frames.Method("basic.consume-ok").FromBroker().Number(1)).Drop();

        proxy.Connections[0].Reset();
        await never.WaitForBiteAsync();
        await Eventually.IsTrueAsync("the next consume", () => consumer.Status.State == ConsumerState.Consuming);
        await probe.PublishAsync(queue, Clients.Numbers(20)); // one to each of two consumers

        // It took ten seconds more than an answer may: the channel could not be closed before.
        await seen.ReachAsync(20, seconds: 7);
        await probe.WaitForConsumersAsync(queue, 1);
    }
}
