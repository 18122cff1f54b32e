using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;
using Broker.Client.Tests.Support;

namespace Broker.Client.IntegrationTests.Diagnostics;

/// <summary>What the meter says of a client on a broker.</summary>
[Collection(Listening.Name)]
public sealed class MeasurementTests(BrokerFixture brokers) : IDisposable
{
    private readonly MeasurementRecorder _measured = new();

    public void Dispose() => _measured.Dispose();

    [Fact]
    public async Task Messages_are_counted_once_on_their_way_out_and_in()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();

        await broker.SendAllAsync(queue, Clients.Numbers(10));
        await using (await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())))
            await seen.ReachAsync(10);

        Assert.Equal(10, _measured.Of("messaging.client.sent.messages", queue).Sum(each => each.Value));
        Assert.Equal(10, _measured.Of("messaging.client.consumed.messages", queue).Sum(each => each.Value));
        Assert.Equal(10, _measured.Of("messaging.process.duration", queue).Count);
        Assert.Equal(10, _measured.Of("broker.client.confirm.duration", queue).Count);
        Assert.Equal(["ack", "publish"], _measured.Of("messaging.client.operation.duration", queue).Select(each => each.Tag("messaging.operation.name")).Distinct().Order());
        Assert.All(_measured.Of("messaging.process.duration", queue), each => Assert.Equal($"{brokers.Shared.Port}", each.Tag("server.port")));
    }

    [Fact]
    public async Task What_is_unconfirmed_and_what_is_in_flight_can_be_looked_at()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var before = Unconfirmed();
        var confirms = proxy.On(Frames.Method("basic.ack").FromBroker()).Hold();
        var publishes = Enumerable.Range(0, 3).Select(_ => broker.SendAsync(queue, "x").AsTask()).ToArray();
        await probe.WaitForCountAsync(queue, 3);

        Assert.Equal(before + 3, Unconfirmed());
        confirms.Lift();
        await Task.WhenAll(publishes).InTime();
        Assert.Equal(before, Unconfirmed());

        var (seen, held) = (new Collected<Delivery>(), new List<Delivery>());
        await using (await broker.ConsumeAsync(queue, seen.Add, new() { AckMode = AckMode.Manual }))
        {
            held.AddRange(await seen.ReachAsync(3));
            Assert.Equal(3, _measured.Look("broker.client.consumer.in_flight", queue).Single().Value);
            await held[0].AckAsync();
            Assert.Equal(2, _measured.Look("broker.client.consumer.in_flight", queue).Single().Value);
        }

        Assert.Empty(_measured.Look("broker.client.consumer.in_flight", queue));

        double Unconfirmed() => _measured.Look("broker.client.publish.unconfirmed").Sum(each => each.Value);
    }

    [Fact]
    public async Task Retries_and_parked_messages_are_counted_by_their_queue()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, parking) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        var policy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(1)).ThenPark(parking);
        await broker.SendAsync(queue, "x").InTime();

        await using (await broker.ConsumeAsync(queue, _ => throw new TimeoutException(), new() { FailurePolicy = policy }))
            await probe.WaitForCountAsync(parking, 1);

        Assert.Equal(2, _measured.Of("broker.client.consumer.retries", queue).Sum(each => each.Value));
        Assert.Equal("handler", _measured.Of("broker.client.consumer.parked", queue).Single().Tag("broker.client.park.reason"));
    }

    [Fact]
    public async Task A_lost_connection_is_a_reconnect_and_the_restart_of_a_consumer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        var states = new StateRecorder(broker);
        Assert.Empty(_measured.Of("broker.client.connection.reconnects"));

        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        await states.WaitForAsync(BrokerConnectionState.Connected);
        await probe.PublishAsync(queue, "after");
        await seen.ReachAsync(1);

        var reconnect = Assert.Single(_measured.Of("broker.client.connection.reconnects"));
        Assert.Equal((1, "consuming"), (reconnect.Value, reconnect.Tag("broker.client.connection.role")));
        Assert.Equal(1, _measured.Of("broker.client.consumer.restarts", queue).Sum(each => each.Value));
    }

    [Fact]
    public async Task The_time_for_which_the_broker_takes_nothing_grows_while_it_does_not()
    {
        brokers.Shared.Require(BrokerNeed.Faults);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var states = new StateRecorder(broker);
        await broker.SendAsync(queue, "x").InTime();
        var before = Blocked();
        Task<PublishResult>? publish = null;
        await brokers.Shared.RaiseMemoryAlarmAsync();
        try
        {
            publish = broker.SendAsync(queue, "y").AsTask();
            await states.WaitForAsync(BrokerConnectionState.Blocked);
            var first = Blocked();
            Assert.True(first >= before);
            Assert.True(Blocked() > first);
        }
        finally
        {
            await brokers.Shared.ClearMemoryAlarmAsync();
        }

        await publish.InTime();
        await states.WaitForAsync(BrokerConnectionState.Connected);
        var after = Blocked();
        Assert.True(after > before);
        Assert.Equal(after, Blocked());

        double Blocked() => _measured.Look("broker.client.connection.blocked.time").Where(each => each.Tag("broker.client.connection.role") == "publishing").Sum(each => each.Value);
    }
}
