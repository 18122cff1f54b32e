using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>What becomes of a message whose handler throws.</summary>
public sealed class FailurePolicyTests(BrokerFixture brokers)
{
    [Fact]
    public async Task The_default_tries_five_times_with_growing_waits_of_the_clients_clock_and_then_parks()
    {
        var time = new SkippedTime(0.5, 1, 2, 4);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = time);
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        var runs = new Collected<(ulong Tag, bool Redelivered)>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add((delivery.DeliveryTag, delivery.Redelivered));
            throw new InvalidOperationException("no luck");
        });
        await broker.SendAsync(queue, new Message("x"u8.ToArray()) { MessageId = "id", Headers = { ["mine"] = "kept" } }).InTime();

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        var parked = Assert.Single(await failed.TakeAsync());
        Assert.Equal(Enumerable.Repeat((1ul, false), 5), runs.All);
        Assert.Equal([0.5, 1, 2, 4], time.Skipped.All);
        Assert.Equal(("x", "id", "kept"), (parked.Text, parked.Properties.MessageId, parked.Header("mine")));
        Assert.Equal(
            ("handler", "System.InvalidOperationException", "no luck", 5, queue, "", queue),
            (parked.Header("x-parked-reason"), parked.Header("x-parked-exception"), parked.Header("x-parked-exception-message"),
                parked.Header("x-parked-attempts"), parked.Header("x-parked-queue"), parked.Header("x-parked-exchange"), parked.Header("x-parked-routing-key")));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task A_handler_that_succeeds_at_a_later_attempt_has_its_message_acknowledged()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var runs = new Collected<string>();
        var options = new ConsumerOptions { FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.Zero) };

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            if (runs.Count < 3)
                throw new InvalidOperationException("not yet");
        }, options);
        await broker.SendAllAsync(queue, ["stubborn", "next"]);

        Assert.Equal(["stubborn", "stubborn", "stubborn", "next"], await runs.ReachAsync(4));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
        Assert.False(await probe.ExistsAsync($"{queue}.failed"));
    }

    [Theory]
    [InlineData("discard", 0, 0)]
    [InlineData("dead-letter", 1, 0)]
    [InlineData("park", 0, 1)]
    [InlineData("retry, then discard", 0, 0)]
    [InlineData("retry, then dead-letter", 1, 0)]
    [InlineData("retry, then park", 0, 1)]
    public async Task A_policy_puts_the_message_where_it_says(string policy, int inDead, int inParking)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (dead, parking) = (await broker.DeclareAsync(probe), probe.NewName());
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead });
        var runs = new Collected<string>();
        var retry = FailurePolicy.Retry(attempts: 2, delay: TimeSpan.Zero);
        var options = new ConsumerOptions
        {
            FailurePolicy = policy switch
            {
                "discard" => FailurePolicy.Discard,
                "dead-letter" => FailurePolicy.DeadLetter,
                "park" => FailurePolicy.Park(parking),
                "retry, then discard" => retry.ThenDiscard(),
                "retry, then dead-letter" => retry.ThenDeadLetter(),
                _ => retry.ThenPark(parking),
            },
        };
        var expected = policy.StartsWith("retry", StringComparison.Ordinal) ? new[] { "bad", "bad", "good" } : ["bad", "good"];

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            if (delivery.GetText() == "bad")
                throw new InvalidOperationException("no luck");
        }, options);
        await broker.SendAllAsync(queue, ["bad", "good"]);

        Assert.Equal(expected, await runs.ReachAsync(expected.Length));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
        if (inDead > 0)
            await probe.WaitForCountAsync(dead, (uint)inDead);
        Assert.Equal(inDead, (await probe.DrainAsync(dead)).Count);
        Assert.Equal(inParking > 0, await probe.ExistsAsync(parking));
        Assert.Equal(inParking, inParking > 0 ? (await probe.DrainAsync(parking)).Count : 0);
    }

    [Fact]
    public async Task Requeue_is_counted_and_waits_a_second_from_the_second_time_on()
    {
        var time = new SkippedTime(1);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = time);
        var queue = await broker.DeclareAsync(probe);
        var counts = new Collected<int>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            counts.Add(delivery.DeliveryCount);
            if (delivery.DeliveryCount < 4)
                throw new InvalidOperationException("not yet");
        }, new() { FailurePolicy = FailurePolicy.Requeue });
        await broker.SendAsync(queue, "x").InTime();

        Assert.Equal([0, 1, 2, 3, 4], await counts.ReachAsync(5));
        await consumer.StopAsync().InTime();
        Assert.Equal([1, 1, 1], time.Skipped.All);
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Stop_ends_the_consumer_with_the_handlers_exception_and_the_message_goes_back()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await using var consumer = await broker.ConsumeAsync(
            queue, _ => throw new InvalidOperationException("no luck"), new() { FailurePolicy = FailurePolicy.Stop });
        await broker.SendAsync(queue, "x").InTime();

        var error = await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());
        Assert.Equal((ConsumerFailure.HandlerFailed, queue), (error.Reason, error.Queue));
        Assert.Equal("no luck", Assert.IsType<InvalidOperationException>(error.InnerException).Message);
        var back = Assert.IsType<RawMessage>(await probe.GetAsync(queue));
        Assert.Equal(("x", true), (back.Text, back.Redelivered));
    }

    [Fact]
    public async Task In_Manual_a_throw_without_a_verdict_follows_the_policy_and_one_after_a_verdict_does_not()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, parking) = (await broker.DeclareAsync(probe), probe.NewName());
        var runs = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            runs.Add(delivery.GetText());
            if (delivery.GetText() == "acked")
                await delivery.AckAsync();
            throw new InvalidOperationException("no luck");
        }, new() { AckMode = AckMode.Manual, FailurePolicy = FailurePolicy.Park(parking) });
        await broker.SendAllAsync(queue, ["acked", "open", "acked"]);

        Assert.Equal(["acked", "open", "acked"], await runs.ReachAsync(3));
        await consumer.StopAsync().InTime();
        Assert.Equal(["open"], (await probe.DrainAsync(parking)).Select(message => message.Text));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Theory]
    [InlineData(QueueType.Classic, AckMode.AfterHandler, 1)]
    [InlineData(QueueType.Classic, AckMode.BeforeHandler, 0)]
    [InlineData(QueueType.Quorum, AckMode.AfterHandler, 0)]
    public async Task Of_a_queue_that_counts_nothing_each_consumer_is_warned_once(QueueType type, AckMode mode, int warnings)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.LoggerFactory = logs);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type });
        var handled = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery => handled.Add(delivery.GetText()), new() { AckMode = mode });
        await broker.SendAllAsync(queue, ["one", "two"]);
        await handled.ReachAsync(2);

        Assert.Equal(warnings, logs.Lines.Count(line => line.Id == 4019 && line.Text.Contains(queue, StringComparison.Ordinal)));
    }
}
