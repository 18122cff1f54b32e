using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Consumers that would be deaf, stuck or in each other's way.</summary>
public sealed class SupervisionTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_delivery_that_is_lost_on_its_way_to_the_lanes_costs_the_channel_and_comes_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var time = new FaultyTime();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = time);
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));

        time.IsFaulty = true; // when it is asked for the time of a delivery, once
        await broker.SendAllAsync(queue, Clients.Numbers(5));

        Assert.Equal(Clients.Numbers(5), (await seen.ReachAsync(5)).Distinct().Order());
        Assert.False(time.IsFaulty);
        Assert.Equal(1, consumer.Status.Restarts);
    }

    [Fact]
    public async Task A_consumer_whose_queue_another_has_taken_for_itself_ends_with_that_after_a_minute()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var time = new HeldTime(TimeSpan.FromSeconds(30));
        using var logs = new CapturedLogs();
        await using var broker = await proxy.ConnectAsync(options => (options.TimeProvider, options.LoggerFactory) = (time, logs));
        await using var other = await brokers.Shared.ConnectAsync();
        var queue = await other.DeclareAsync(probe, new() { Type = QueueType.Classic });
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });
        var held = proxy.On(Frames.Method("basic.consume").FromClient()).Hold();

        proxy.Connections[0].Reset();
        await held.WaitForBiteAsync();
        await probe.WaitForConsumersAsync(queue, 0);
        await using var taker = await other.ConsumeAsync(queue, _ => { }, new() { Exclusive = true });
        held.Lift();
        await logs.WaitForAsync(line => line.Id == 4011, TimeSpan.FromSeconds(20));
        Assert.False(consumer.Completion.IsCompleted); // it may be our own of before, which the broker has not missed yet
        time.Move(TimeSpan.FromSeconds(61));

        var error = await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());
        Assert.Equal((ConsumerFailure.ExclusiveUse, (ushort)403, queue), (error.Reason, error.ReplyCode, error.Queue));
        Assert.Equal(ConsumerState.Failed, consumer.Status.State);
    }

    [Fact]
    public async Task A_handler_over_its_time_has_its_token_cancelled_and_its_message_follows_the_policy()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var runs = 0;
        await using var consumer = await broker.ConsumeAsync(queue, async (_, token) =>
        {
            Interlocked.Increment(ref runs);
            await Patience.ForeverAsync(token);
        }, new()
        {
            HandlerTimeout = TimeSpan.FromMilliseconds(50),
            FailurePolicy = FailurePolicy.Retry(attempts: 2, delay: TimeSpan.FromMilliseconds(1)),
        });

        await broker.SendAsync(queue, "x").InTime();

        var failed = probe.Failed(queue);
        await failed.WaitForCountAsync(1);
        Assert.Equal(2, runs);
        Assert.Equal(typeof(TimeoutException).FullName, Assert.Single(await failed.TakeAsync()).Header("x-parked-exception"));
    }

    [Fact]
    public async Task A_handler_that_never_returns_keeps_its_message_and_counts_as_stuck_and_the_other_lane_goes_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);
        var (seen, gate) = (new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            if (delivery.GetText() == "0")
                await gate.Task;
            seen.Add(delivery.GetText());
        }, new() { Concurrency = 2, HandlerTimeout = TimeSpan.FromMilliseconds(50), DrainTimeout = TimeSpan.FromMilliseconds(100) });

        await broker.SendAllAsync(queue, Clients.Numbers(10));
        await logs.WaitForAsync(line => line.Id == 4012, TimeSpan.FromSeconds(20));

        Assert.Equal(1, consumer.Status.Stuck);
        await seen.ReachAsync(9);
        await consumer.StopAsync().InTime();
        await probe.WaitForCountAsync(queue, 1);
        gate.Set();
    }

    [Fact]
    public async Task Handlers_that_block_hold_up_no_publish_and_no_other_consumer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.OperationTimeout = TimeSpan.FromSeconds(5));
        var (blocked, other) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        using var gate = new ManualResetEventSlim();
        var (started, seen) = (new Collected<int>(), new Collected<string>());
        await using var blocking = await broker.ConsumeAsync(blocked, _ =>
        {
            started.Add(Environment.CurrentManagedThreadId);
            gate.Wait();
        }, new() { Concurrency = 100 });
        await using var consumer = await broker.ConsumeAsync(other, delivery => seen.Add(delivery.GetText()));

        await broker.SendAllAsync(blocked, Clients.Numbers(100));
        Assert.Equal(100, (await started.ReachAsync(100)).Distinct().Count());
        await broker.SendAllAsync(other, Clients.Numbers(1000));
        await seen.ReachAsync(1000, seconds: 5);

        gate.Set();
    }

    [Fact]
    public async Task A_tag_that_a_consumer_of_this_client_has_is_refused_until_it_is_free()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, other) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        var options = new ConsumerOptions { ConsumerTag = "mine" };
        var first = await broker.ConsumeAsync(queue, _ => { }, options);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => broker.ConsumeAsync(other, _ => { }, options).InTime());
        Assert.Contains("'mine'", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var delivery in broker.ReadAsync(other, options))
                Assert.Fail(delivery.GetText());
        });
        await first.StopAsync().InTime();

        await using var second = await broker.ConsumeAsync(other, _ => { }, options).InTime();
        Assert.Equal(BrokerConnectionState.Connected, broker.State);
    }

    [Fact]
    public async Task More_consumers_than_the_connection_has_channels_are_refused_by_name_and_the_others_go_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxChannels = 4);
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumers = new Consumers();
        for (var each = 0; each < 3; each++) // and the channel that declares
            consumers.Add(await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText())).InTime());

        var error = await Assert.ThrowsAnyAsync<BrokerException>(() => broker.ConsumeAsync(queue, _ => { }).InTime());

        Assert.Contains("MaxChannels", error.Message, StringComparison.Ordinal);
        await broker.SendAllAsync(queue, Clients.Numbers(10));
        await seen.ReachAsync(10);
    }

    private sealed class FaultyTime : TimeProvider
    {
        public bool IsFaulty { get; set; }

        public override long GetTimestamp()
        {
            if (!IsFaulty || !Environment.StackTrace.Contains("HandleBasicDeliver", StringComparison.Ordinal))
                return base.GetTimestamp();
            IsFaulty = false;
            throw new InvalidOperationException("The clock has stopped.");
        }
    }

    private sealed class Consumers : List<Consumer>, IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var consumer in this)
                await consumer.DisposeAsync();
        }
    }
}
