using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Who is taken for deaf and started again, and who is left alone.</summary>
public sealed class WatchdogTests(BrokerFixture brokers)
{
    private readonly HeldTime _time = new(TimeSpan.FromSeconds(30)); // between two looks

    [Fact]
    public async Task A_consumer_that_the_broker_has_forgotten_without_a_word_is_found_and_started_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        using var logs = new CapturedLogs();
        await using var broker = await proxy.ConnectAsync(options =>
        {
            Configure(options);
            options.LoggerFactory = logs;
        });
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()), new() { DrainTimeout = TimeSpan.FromSeconds(5) });
        var unheard = proxy.On(Frames.Method("basic.cancel").FromBroker()).Drop();

        await probe.DeleteAsync(queue);
        await unheard.WaitForBiteAsync();
        await probe.DeclareAsync(queue);
        await probe.PublishAsync(queue, "after");
        await _time.PassAsync();

        Assert.Equal(["after"], await seen.ReachAsync(1));
        Assert.Contains("does not know the consumer", Assert.Single(logs.Lines, line => line.Id == 4001).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_deaf_while_a_handler_runs_is_started_again_and_the_handler_keeps_its_message()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(Configure);
        var queue = await broker.DeclareAsync(probe);
        var (began, ended, gate) = (new Collected<string>(), new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async (delivery, token) =>
        {
            began.Add(delivery.GetText());
            if (delivery.GetText() == "long")
                await gate.Task.WaitAsync(token);
            ended.Add(delivery.GetText());
        }, new() { Prefetch = 3, Concurrency = 3 });
        await probe.PublishAsync(queue, "long");
        await began.ReachAsync(1);

        var lost = proxy.On(Frames.Method("basic.deliver").FromBroker()).Drop();
        await probe.PublishAsync(queue, "lost", "lost too", "left in the queue");
        await lost.WaitForBiteAsync(2);
        lost.Lift();
        await PassUntilAsync(() => consumer.Status.Restarts == 1);

        Assert.Equal(["left in the queue"], await ended.ReachAsync(1));
        gate.Set(); // and with its verdict the old channel can close
        Assert.Equal(["left in the queue", "long", "lost", "lost too"], (await ended.ReachAsync(4)).Order());
        Assert.Equal(4, began.Count);
        await consumer.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task All_consumers_of_a_queue_share_one_look()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync(Configure);
        var (queue, other) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var first = await broker.ConsumeAsync(queue, _ => { });
        await using var second = await broker.ConsumeAsync(queue, _ => { });
        await using var third = await broker.ConsumeAsync(other, _ => { });
        var looks = proxy.On(Frames.Method("queue.declare").FromClient()).Delay(TimeSpan.Zero);

        _time.Move(TimeSpan.FromSeconds(30));
        for (var consumer = 0; consumer < 3; consumer++)
            await _time.EndWaitAsync();
        await _time.AllWaitAsync(3); // each has looked, and waits for its next look

        Assert.Equal(2, looks.Bites.Count);
    }

    [Theory]
    [InlineData(QueueType.Quorum)] // which counts the active one only
    [InlineData(QueueType.Classic)]
    public async Task A_standby_of_a_single_active_consumer_is_left_alone(QueueType type)
    {
        brokers.Shared.Require(BrokerNeed.SingleActiveConsumer);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var active = await brokers.Shared.ConnectAsync();
        await using var broker = await brokers.Shared.ConnectAsync(Configure);
        var queue = await broker.DeclareAsync(probe, new() { Type = type, SingleActiveConsumer = true });
        var (began, gate) = (new Collected<string>(), new Signal());
        await using var busy = await active.ConsumeAsync(queue, async delivery =>
        {
            began.Add(delivery.GetText());
            await gate.Task;
        }, new() { Prefetch = 1 });
        await using var standby = await broker.ConsumeAsync(queue, delivery => began.Add($"{delivery.GetText()}, standby"));
        await probe.PublishAsync(queue, Clients.Numbers(5));
        await began.ReachAsync(1);

        for (var look = 0; look < 5; look++)
            await _time.PassAsync();
        await _time.AllWaitAsync(1);

        Assert.Equal((0, ConsumerState.Consuming), (standby.Status.Restarts, standby.Status.State));
        gate.Set();
        Assert.Equal(Clients.Numbers(5), await began.ReachAsync(5));
    }

    [Fact]
    public async Task An_idle_consumer_of_a_stream_that_nobody_called_one_is_left_alone()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var owner = await brokers.Shared.ConnectAsync();
        await using var broker = await brokers.Shared.ConnectAsync(Configure);
        var queue = await owner.DeclareAsync(probe, new() { Type = QueueType.Stream });
        await owner.SendAsync(queue, "before").InTime();
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())); // what is published from now on

        for (var look = 0; look < 5; look++)
            await _time.PassAsync();
        await _time.AllWaitAsync(1);

        Assert.Equal(0, consumer.Status.Restarts);
        await owner.SendAsync(queue, "after").InTime();
        Assert.Equal(["after"], await seen.ReachAsync(1));
    }

    private void Configure(BrokerOptions options)
    {
        options.TimeProvider = _time;
        options.OperationTimeout = TimeSpan.FromSeconds(20); // not as long as what is held
    }

    private async Task PassUntilAsync(Func<bool> isSo)
    {
        while (!isSo())
            await _time.PassAsync();
    }
}
