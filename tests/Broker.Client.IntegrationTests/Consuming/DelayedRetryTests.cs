using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Attempts that lie further apart than a lane waits: the message is with the broker meanwhile.</summary>
public sealed class DelayedRetryTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public static TheoryData<QueueType> Types => [QueueType.Quorum, QueueType.Classic];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_delayed_message_comes_back_as_it_was_and_others_are_handled_meanwhile(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, exchange) = (await broker.DeclareAsync(probe, new QueueOptions { Type = type }), probe.NewName("exchange"));
        probe.Owns($"{queue}.retry.1000");
        await probe.DeclareExchangeAsync(exchange, "topic");
        await probe.BindAsync(queue, exchange, "#");
        var seen = new Collected<(string Text, int Count, string Exchange, string Key, TimeSpan? Expiration, long At)>();
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            seen.Add((delivery.GetText(), delivery.DeliveryCount, delivery.Exchange, delivery.RoutingKey, delivery.Expiration, TimeProvider.System.GetTimestamp()));
            if (delivery.GetText() == "later" && delivery.DeliveryCount < 2)
                Assert.True(await delivery.RetryAsync(s_second));
        });

        var later = new Message("later"u8.ToArray()) { MessageId = "id", Expiration = TimeSpan.FromMinutes(5), Headers = { ["mine"] = "kept" } };
        await broker.PublishAsync(exchange, "some.key", later).InTime();
        await broker.PublishAsync(exchange, "other.key", "now").InTime();

        var all = await seen.ReachAsync(4);
        Assert.Equal(["later", "now", "later", "later"], all.Select(each => each.Text));
        Assert.Equal([0, 1, 2], all.Where(each => each.Text == "later").Select(each => each.Count));
        Assert.All(all, each => Assert.Equal(exchange, each.Exchange));
        Assert.All(all.Where(each => each.Text == "later"), each => Assert.Equal(("some.key", TimeSpan.FromMinutes(5)), (each.Key, each.Expiration)));
        Assert.All([(0, 2), (2, 3)], pair => Assert.InRange(
            TimeProvider.System.GetElapsedTime(all[pair.Item1].At, all[pair.Item2].At).TotalSeconds, 0.9, 8));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Through_the_broker_a_policy_has_its_attempts_counted_and_then_its_end(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type });
        probe.Owns($"{queue}.retry.1000");
        var failed = probe.Failed(queue);
        var runs = new Collected<(string Text, int Count)>();
        var policy = FailurePolicy.Retry(attempts: 3, s_second, s_second).ThroughBroker();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add((delivery.GetText(), delivery.DeliveryCount));
            if (delivery.GetText() == "bad")
                throw new InvalidOperationException("no luck");
        }, new() { FailurePolicy = policy });
        Assert.True(await probe.ExistsAsync($"{queue}.retry.1000")); // before anything has failed
        await broker.SendAllAsync(queue, ["bad", "good"]);

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal([("bad", 0), ("good", 0), ("bad", 1), ("bad", 2)], runs.All);
        var parked = Assert.Single(await failed.TakeAsync());
        Assert.Equal(("bad", "handler", 3, queue), (parked.Text, parked.Header("x-parked-reason"), parked.Header("x-parked-attempts"), parked.Header("x-parked-queue")));
        var waited = Assert.IsType<RabbitMQ.Client.AmqpTimestamp>(parked.Header("x-parked-last-time")).UnixTime
            - Assert.IsType<RabbitMQ.Client.AmqpTimestamp>(parked.Header("x-parked-first-time")).UnixTime;
        Assert.InRange(waited, 1, 10);
        Assert.DoesNotContain(parked.Properties.Headers!.Keys, name => name.StartsWith("x-retried", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_a_loop_and_fetched_it_works_as_well()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        probe.Owns($"{queue}.retry.1000");
        await broker.SendAsync(queue, "x").InTime();

        var fetched = Assert.IsAssignableFrom<Delivery>(await broker.GetAsync(queue).InTime());
        Assert.True(await fetched.RetryAsync(s_second).InTime());
        var counts = new List<int>();
        await foreach (var delivery in broker.ReadAsync(queue))
        {
            counts.Add(delivery.DeliveryCount);
            if (counts.Count == 2)
            {
                await delivery.AckAsync();
                break;
            }

            Assert.True(await delivery.RetryAsync(s_second).InTime());
        }

        Assert.Equal([1, 2], counts);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fetched.AckAsync().AsTask());
    }

    [Fact]
    public async Task Beside_an_exclusive_queue_the_delay_queue_goes_with_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        string name;
        await using (var broker = await brokers.Shared.ConnectAsync())
        {
            var queue = (await broker.DeclareQueueAsync().InTime()).Name;
            name = $"{queue}.retry.1000";
            await broker.SendAsync(queue, "x").InTime();
            var counts = new Collected<int>();
            await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
            {
                counts.Add(delivery.DeliveryCount);
                if (delivery.DeliveryCount == 0)
                    await delivery.RetryAsync(s_second);
            });

            Assert.Equal([0, 1], await counts.ReachAsync(2));
        }

        Assert.False(await probe.ExistsAsync(name));
    }

    [Fact]
    public async Task A_delay_that_cannot_be_had_leaves_the_delivery_without_a_verdict()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = (await broker.DeclareQueueAsync().InTime()).Name;
        await broker.SendAsync(queue, "x").InTime();
        var delivery = Assert.IsAssignableFrom<Delivery>(await broker.GetAsync(queue).InTime());

        foreach (var delay in new[] { TimeSpan.FromSeconds(0.999), TimeSpan.FromHours(24.01), s_second + TimeSpan.FromTicks(1), Timeout.InfiniteTimeSpan })
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => delivery.RetryAsync(delay).AsTask());

        Assert.True(await delivery.AckAsync());
    }

    [Fact]
    public async Task A_queue_has_so_many_different_delays_and_no_more()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = (await broker.DeclareQueueAsync().InTime()).Name; // its delay queues go with it
        await broker.SendAllAsync(queue, Clients.Numbers(34));
        for (var number = 0; number < 32; number++)
            Assert.True(await (await broker.GetAsync(queue).InTime())!.RetryAsync(TimeSpan.FromSeconds(100 + number)).InTime());
        var last = Assert.IsAssignableFrom<Delivery>(await broker.GetAsync(queue).InTime());

        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => last.RetryAsync(TimeSpan.FromSeconds(99)).AsTask());

        Assert.Contains("32 different delays", error.Message, StringComparison.Ordinal);
        Assert.True(await last.RetryAsync(TimeSpan.FromSeconds(100)).InTime());
    }

    [Fact]
    public async Task A_delay_queue_that_was_deleted_is_declared_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var waiting = $"{queue}.retry.60000";
        probe.Owns(waiting);
        await broker.SendAllAsync(queue, ["one", "two"]);

        Assert.True(await (await broker.GetAsync(queue).InTime())!.RetryAsync(TimeSpan.FromMinutes(1)).InTime());
        await probe.DeleteAsync(waiting);
        Assert.True(await (await broker.GetAsync(queue).InTime())!.RetryAsync(TimeSpan.FromMinutes(1)).InTime());

        Assert.Equal(["two"], (await probe.DrainAsync(waiting)).Select(message => message.Text));
    }

    // RabbitMQ 3 drops what expires into a queue in which it has expired before: it takes that for a circle.
    [Fact]
    public async Task One_that_has_expired_from_this_queue_before_comes_back_all_the_same()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = (await broker.DeclareQueueAsync().InTime()).Name;
        var death = new Dictionary<string, object?>
        {
            ["queue"] = queue, ["reason"] = "expired", ["count"] = 1L, ["exchange"] = "", ["routing-keys"] = new List<object?> { queue },
        };
        await raw.PublishAsync("", queue, new() { Headers = new Dictionary<string, object?> { ["x-death"] = new List<object?> { death } } }, "x");
        var counts = new Collected<int>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            counts.Add(delivery.DeliveryCount);
            if (delivery.DeliveryCount == 0)
                await delivery.RetryAsync(s_second);
        });

        Assert.Equal([0, 1], await counts.ReachAsync(2));
    }
}

[Collection(BrokerFixture.Faulty)]
public sealed class RefusedDelayQueueTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_delay_queue_that_may_not_be_declared_is_told_when_the_consumer_starts()
    {
        var faulty = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var probe = await faulty.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await faulty.ControlAsync("add_user", "consumer", "secret");
        await faulty.ControlAsync("set_permissions", "consumer", "^$", ".*", ".*");
        await using var broker = await faulty.ConnectAsync(options => (options.UserName, options.Password) = ("consumer", "secret"));

        var error = await Assert.ThrowsAsync<TopologyException>(
            () => broker.ConsumeAsync(queue, static _ => { }, new() { FailurePolicy = FailurePolicy.Retry().ThroughBroker() }).InTime());

        Assert.Equal(403, error.ReplyCode);
        Assert.Contains($"{queue}.retry.1000", error.Message, StringComparison.Ordinal);
        await faulty.ControlAsync("delete_user", "consumer");
    }
}
