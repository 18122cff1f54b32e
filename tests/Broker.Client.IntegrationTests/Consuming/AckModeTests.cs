using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>
/// When a message is acknowledged. With a prefetch of one the broker hands the second message out when the first is acknowledged: it is then ready
/// no more.
/// </summary>
public sealed class AckModeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task AfterHandler_acknowledges_when_the_handler_has_ended_and_not_before()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var (started, gate) = (new Collected<string>(), new Signal());

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            started.Add(delivery.GetText());
            await gate.Task;
        }, new() { Prefetch = 1 });

        await started.ReachAsync(1);
        // An ack would have been written before the look-up, to the same connection.
        await broker.FindQueueAsync(queue).InTime();
        Assert.Equal(1u, await probe.CountAsync(queue));
        gate.Set();
        Assert.Equal(["first", "second"], await started.ReachAsync(2));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task AfterHandler_holds_a_lone_ack_back_for_no_timer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.TimeProvider = new HeldTicks());
        var queue = await broker.DeclareAsync(probe);
        var acks = proxy.On(Frames.Method("basic.ack").FromClient()).Delay(TimeSpan.Zero);

        await using var consumer = await broker.ConsumeAsync(queue, static _ => Task.CompletedTask);
        await broker.SendAsync(queue, "alone").InTime();

        await acks.WaitForBiteAsync();
    }

    [Fact]
    public async Task BeforeHandler_acknowledges_before_the_handler_starts()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var (started, gate) = (new Signal(), new Signal());

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            started.Set();
            await gate.Task;
        }, new() { AckMode = AckMode.BeforeHandler, Prefetch = 1 });

        await started.Task.InTime();
        await probe.WaitForCountAsync(queue, 0);
        gate.Set();
        await consumer.StopAsync().InTime();
    }

    [Fact]
    public async Task BeforeHandler_holds_no_ack_back_when_the_handler_starts()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(options => options.TimeProvider = new HeldTicks());
        var queue = await broker.DeclareAsync(probe);
        var acks = proxy.On(Frames.Method("basic.ack").FromClient()).Delay(TimeSpan.Zero);
        var acked = new Signal();

        await using var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            await acks.WaitForBiteAsync();
            acked.Set();
        }, new() { AckMode = AckMode.BeforeHandler, Prefetch = 100 });
        await broker.SendAsync(queue, "x").InTime();

        await acked.Task.InTime();
    }

    [Fact]
    public async Task A_stop_sends_the_acks_that_are_held_back()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = new HeldTicks());
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()), new() { Prefetch = 1000 });

        await broker.SendAllAsync(queue, Clients.Numbers(20));
        await seen.ReachAsync(20);
        await consumer.StopAsync().InTime();

        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task An_ack_that_is_held_back_goes_out_by_itself()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var acks = proxy.On(Frames.Method("basic.ack").FromClient()).Delay(TimeSpan.Zero);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { }, new() { Prefetch = 1000 });

        await broker.SendAsync(queue, "x").InTime();

        await acks.WaitForBiteAsync();
    }

    [Fact]
    public async Task Lanes_that_hold_the_whole_prefetch_are_not_starved_by_acks_that_are_held_back()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = new HeldTicks());
        var queue = await broker.DeclareAsync(probe);
        var (held, seen) = (new Collected<Delivery>(), new Collected<string>());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            seen.Add(delivery.GetText());
            if (seen.Count <= 14)
                held.Add(delivery); // without a verdict for now
            else
                await delivery.AckAsync();
        }, new() { AckMode = AckMode.Manual, Prefetch = 16 });

        await broker.SendAllAsync(queue, Clients.Numbers(50));

        await seen.ReachAsync(50);
        foreach (var delivery in held.All)
            Assert.True(await delivery.AckAsync());
    }

    [Fact]
    public async Task BeforeHandler_does_not_bring_a_message_back_when_its_handler_throws()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            seen.Add(delivery.GetText());
            throw new InvalidOperationException("handler");
        }, new() { AckMode = AckMode.BeforeHandler });
        await broker.SendAllAsync(queue, ["first", "second"]);

        Assert.Equal(["first", "second"], await seen.ReachAsync(2));
        await consumer.StopAsync().InTime();
        Assert.Equal(2, seen.Count);
        Assert.Empty(await probe.DrainAsync(queue));
        Assert.False(await probe.ExistsAsync($"{queue}.failed"));
    }

    [Fact]
    public async Task BeforeHandler_loses_no_more_than_the_message_whose_handler_ended_the_consumer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(100));

        await using var consumer = await broker.ConsumeAsync(
            queue,
            void (_) => throw new InvalidOperationException("no luck"),
            new() { AckMode = AckMode.BeforeHandler, FailurePolicy = FailurePolicy.Stop, Prefetch = 100 });
        await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());

        Assert.Equal(99, (await probe.DrainAsync(queue)).Count);
    }

    [Fact]
    public async Task BeforeHandler_hands_back_what_was_not_started_on_a_stop()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(10));
        var (started, gate) = (new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            started.Add(delivery.GetText());
            await gate.Task;
        }, new() { AckMode = AckMode.BeforeHandler, Prefetch = 10 });
        await started.ReachAsync(1);
        await probe.WaitForCountAsync(queue, 0);

        var stopping = consumer.StopAsync();
        await probe.WaitForConsumersAsync(queue, 0);
        gate.Set();
        await stopping.InTime();

        Assert.Equal(["0"], started.All);
        Assert.Equal(Clients.Numbers(10).Skip(1), (await probe.DrainAsync(queue)).Select(message => message.Text).Order());
    }

    [Fact]
    public async Task BeforeHandler_gives_no_second_verdict()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var errors = new Collected<Exception?>();

        await using var consumer = await broker.ConsumeAsync(
            queue, async delivery => errors.Add(await Record.ExceptionAsync(() => delivery.AckAsync().AsTask())), new() { AckMode = AckMode.BeforeHandler });
        await broker.SendAllAsync(queue, ["first", "second"]);

        Assert.All(await errors.ReachAsync(2), error => Assert.IsType<InvalidOperationException>(error));
    }

    [Fact]
    public async Task A_verdict_in_an_AfterHandler_handler_wins_over_the_modes_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<bool>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            if (!delivery.Redelivered)
                await delivery.RetryAsync();
            seen.Add(delivery.Redelivered);
        });
        await broker.SendAsync(queue, "again").InTime();

        Assert.Equal([false, true], await seen.ReachAsync(2));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Manual_keeps_what_has_no_verdict_until_it_stops_and_hands_it_back_then()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()), new() { AckMode = AckMode.Manual, Prefetch = 5 });
        await broker.SendAllAsync(queue, Clients.Numbers(8));

        await seen.ReachAsync(5);
        await probe.WaitForCountAsync(queue, 3);
        await consumer.StopAsync().InTime();
        Assert.Equal(Clients.Numbers(5), seen.All);
        Assert.Equal(Clients.Numbers(8), (await probe.DrainAsync(queue)).Select(message => message.Text).Order());
    }
}
