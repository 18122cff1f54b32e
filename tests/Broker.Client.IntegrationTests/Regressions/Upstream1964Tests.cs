using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// RabbitMQ.Client #1964: the reply to a request that had timed out was handed to the next one. #1827: where there was no next one, it closed the
/// connection.
/// </summary>
[Trait("Upstream", "1964")]
[Trait("Upstream", "1827")]
public sealed class Upstream1964Tests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_late_reply_answers_no_other_request_and_costs_no_connection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(0.5));
        var states = new StateRecorder(broker);
        var (late, next, last) = (probe.NewName(), probe.NewName(), probe.NewName());
        var held = proxy.On(Frames.Method("queue.declare-ok").FromBroker().Number(1)).Hold();

        var error = await Assert.ThrowsAnyAsync<BrokerException>(() => broker.DeclareQueueAsync(late).InTime());
        Assert.True(error.IsTransient, error.Message);
        Assert.Equal(next, (await broker.DeclareQueueAsync(next).InTime()).Name);
        held.Lift();
        Assert.Equal(last, (await broker.DeclareQueueAsync(last).InTime()).Name);
        Assert.Equal(late, (await broker.FindQueueAsync(late).InTime())?.Name);

        Assert.Single(held.Bites);
        Assert.Equal(1, proxy.Accepted);
        Assert.DoesNotContain(BrokerConnectionState.Connecting, states.States);
    }

    [Fact]
    public async Task A_cancelled_request_leaves_its_reply_to_itself()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var (cancelled, next) = (probe.NewName(), probe.NewName());
        var held = proxy.On(Frames.Method("queue.declare-ok").FromBroker().Number(1)).Hold();
        using var token = new CancellationTokenSource();

        var declaring = broker.DeclareQueueAsync(cancelled, cancellationToken: token.Token).AsTask();
        await held.WaitForBiteAsync();
        await token.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => declaring.InTime());
        var following = broker.DeclareQueueAsync(next).AsTask();
        held.Lift();

        Assert.Equal(next, (await following.InTime()).Name);
        Assert.Equal(1, proxy.Accepted);
    }
}
