using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>A consumer that rests for a while, and what its status tells.</summary>
public sealed class PauseTests(BrokerFixture brokers)
{
    // A quorum queue goes on counting a consumer that was cancelled until its last message has a verdict.
    private static readonly QueueOptions s_classic = new() { Type = QueueType.Classic };

    [Fact]
    public async Task A_pause_hands_back_what_was_not_started_and_a_resume_goes_on_with_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await broker.SendAllAsync(queue, Clients.Numbers(10));
        var (seen, gate) = (new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            seen.Add(delivery.GetText());
            await gate.Task;
        });
        await seen.ReachAsync(1);
        Assert.Equal(ConsumerState.Consuming, consumer.Status.State);
        await Eventually.IsTrueAsync("the status", () => consumer.Status.InFlight == 10);

        await consumer.PauseAsync().InTime();

        Assert.Equal((ConsumerState.Paused, 1), (consumer.Status.State, consumer.Status.InFlight));
        await probe.WaitForCountAsync(queue, 9);
        await probe.WaitForConsumersAsync(queue, 0);
        gate.Set(); // the verdict of the one that ran counts
        await Eventually.IsTrueAsync("the status", () => consumer.Status.InFlight == 0);
        Assert.Equal(["0"], seen.All);
        await consumer.ResumeAsync().InTime();
        Assert.Equal(ConsumerState.Consuming, consumer.Status.State);
        Assert.Equal(Clients.Numbers(10), await seen.ReachAsync(10));
        await consumer.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.Equal((ConsumerState.Stopped, 0), (consumer.Status.State, consumer.Status.InFlight));
    }

    [Fact]
    public async Task A_handler_may_pause_and_anyone_resume_and_repeats_are_harmless()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        var (seen, paused) = (new Collected<string>(), new Signal());
        Consumer? itself = null;
        await using var consumer = itself = await broker.ConsumeAsync(queue, async (delivery, token) =>
        {
            seen.Add(delivery.GetText());
            if (delivery.GetText() != "pause")
                return;
            await itself!.PauseAsync(token);
            await itself.PauseAsync(token);
            paused.Set();
        });

        await consumer.ResumeAsync().InTime(); // nothing to resume
        await broker.SendAsync(queue, "pause").InTime();
        await paused.Task.InTime();
        await broker.SendAsync(queue, "after").InTime();
        await probe.WaitForCountAsync(queue, 1);
        await Task.WhenAll(consumer.ResumeAsync(), consumer.ResumeAsync()).InTime();

        Assert.Equal(["pause", "after"], await seen.ReachAsync(2));
    }

    [Fact]
    public async Task A_paused_consumer_stays_so_over_a_reconnect_and_can_be_stopped()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });
        await consumer.PauseAsync().InTime();

        proxy.Connections[0].Reset();
        Assert.NotNull(await broker.FindQueueAsync(queue).InTime()); // there is a connection again
        Assert.Equal((0u, ConsumerState.Paused), (await probe.ConsumersAsync(queue), consumer.Status.State));
        var resuming = consumer.ResumeAsync();
        await consumer.StopAsync().InTime();

        await resuming.InTime();
        Assert.Equal(ConsumerState.Stopped, consumer.Status.State);
        await consumer.PauseAsync().InTime();
        await consumer.ResumeAsync().InTime();
    }

    [Fact]
    public async Task A_pause_of_a_consumer_that_is_on_its_way_back_from_another_completes_while_the_broker_is_away()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        await consumer.PauseAsync().InTime();
        var away = proxy.RefuseConnections();
        proxy.Connections[0].Reset();
        await Eventually.IsTrueAsync("the loss", () => broker.State != BrokerConnectionState.Connected);

        var resuming = consumer.ResumeAsync();
        await Eventually.IsTrueAsync("the way back", () => consumer.Status.State == ConsumerState.Recovering);
        await consumer.PauseAsync().InTime();

        Assert.Equal(ConsumerState.Paused, consumer.Status.State);
        await resuming.InTime(); // overtaken
        away.Lift();
        await consumer.ResumeAsync().InTime();
        await broker.SendAsync(queue, "after").InTime();
        Assert.Equal(["after"], await seen.ReachAsync(1));
    }

    [Fact]
    public async Task The_status_tells_of_restarts_the_last_delivery_and_the_end()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(
            queue, delivery =>
            {
                seen.Add(delivery.GetText());
                if (delivery.GetText() == "throw")
                    throw new InvalidOperationException("mine");
            }, new() { FailurePolicy = FailurePolicy.Stop });
        Assert.Null(consumer.Status.LastDelivery);
        await broker.SendAsync(queue, "x").InTime();
        await seen.ReachAsync(1);

        Assert.InRange(TimeProvider.System.GetUtcNow() - consumer.Status.LastDelivery!.Value, TimeSpan.FromMilliseconds(-50), TimeSpan.FromSeconds(20));
        Assert.Equal(0, consumer.Status.Restarts);
        proxy.Connections[0].Reset();
        await Eventually.IsTrueAsync("the status", () => consumer.Status is { Restarts: 1, State: ConsumerState.Consuming });
        await broker.SendAsync(queue, "throw").InTime();
        await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());

        Assert.Equal(ConsumerState.Failed, consumer.Status.State);
    }
}
