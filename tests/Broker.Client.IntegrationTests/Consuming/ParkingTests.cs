using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Putting aside what cannot be handled: nothing is lost on the way, whatever the message looks like.</summary>
public sealed class ParkingTests(BrokerFixture brokers)
{
    private static readonly ConsumerOptions s_park = new() { FailurePolicy = FailurePolicy.Park(), Prefetch = 1 };

    [Fact]
    public async Task The_original_is_acknowledged_only_when_the_parked_copy_is_safe()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        await broker.DeclareQueueAsync(failed.Name, new QueueOptions { Type = QueueType.Classic, MaxLength = 1, Overflow = QueueOverflow.RejectPublish }).InTime();
        await probe.PublishAsync(failed.Name, "fills it");
        await broker.SendAllAsync(queue, ["bad", "next"]);
        var runs = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            throw new InvalidOperationException("no luck");
        }, s_park);

        await runs.ReachAsync(1);
        Assert.Equal(PublishOutcome.Rejected, (await broker.TrySendAsync(failed.Name, "has no room").InTime()).Outcome);
        Assert.Equal(1u, await probe.CountAsync(queue)); // "next" is not handed out: "bad" is still unacknowledged
        Assert.Equal("fills it", (await probe.GetAsync(failed.Name))?.Text);
        await runs.ReachAsync(2);
        Assert.Equal("bad", (await probe.GetAsync(failed.Name))?.Text);
        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal(["next"], (await failed.TakeAsync()).Select(message => message.Text));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task What_would_have_the_copy_refused_or_expired_becomes_a_header()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, copies) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        var failed = probe.Failed(queue);
        await using var consumer = await broker.ConsumeAsync(queue, _ => throw new InvalidOperationException("no luck"), s_park);

        await raw.PublishAsync("", queue, new BasicProperties
        {
            UserId = brokers.Shared.User(), Expiration = "60000", Priority = 3, CorrelationId = "correlation", ReplyTo = "answers", Type = "thing", AppId = "tests",
            Headers = new Dictionary<string, object?> { ["CC"] = new List<object?> { copies }, ["mine"] = 7 },
        }, "x");

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        var parked = Assert.Single(await failed.TakeAsync());
        Assert.False(parked.Properties.IsUserIdPresent());
        Assert.False(parked.Properties.IsExpirationPresent());
        Assert.Equal((brokers.Shared.User(), 60_000L, 7), (parked.Header("x-parked-user-id"), parked.Header("x-parked-expiration"), parked.Header("mine")));
        Assert.Equal(
            ((byte)3, "correlation", "answers", "thing", "tests"),
            (parked.Properties.Priority, parked.Properties.CorrelationId, parked.Properties.ReplyTo, parked.Properties.Type, parked.Properties.AppId));
        Assert.Single(await probe.DrainAsync(copies)); // the copy that the original made, and none of the parked one
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task A_message_that_was_parked_may_be_consumed_and_parked_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (first, second, third) = (await broker.DeclareAsync(probe), probe.NewName(), probe.NewName());
        await broker.DeclareQueueAsync(second).InTime();
        await using var one = await broker.ConsumeAsync(first, _ => throw new InvalidOperationException("one"), new() { FailurePolicy = FailurePolicy.Park(second) });
        await using var two = await broker.ConsumeAsync(second, _ => throw new InvalidOperationException("two"), new() { FailurePolicy = FailurePolicy.Park(third) });

        await broker.DeclareQueueAsync(third).InTime();
        await broker.SendAsync(first, "x").InTime();

        await probe.WaitForCountAsync(third, 1);
        var parked = Assert.IsType<RawMessage>(await probe.GetAsync(third));
        Assert.Equal(("x", "two", second), (parked.Text, parked.Header("x-parked-exception-message"), parked.Header("x-parked-queue")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Poison_is_parked_before_its_sixteenth_run_and_nothing_is_lost(int concurrency)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.TimeProvider = new SkippedTime(1));
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        var (poisoned, handled) = (new Collected<string>(), new Collected<string>());
        var texts = Enumerable.Range(0, 40).Select(number => number % 8 == 0 ? $"poison {number}" : $"good {number}").ToArray();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            var text = delivery.GetText();
            if (text.StartsWith("good", StringComparison.Ordinal))
            {
                handled.Add(text);
                return;
            }

            poisoned.Add(text);
            throw new InvalidOperationException("poison");
        }, new() { FailurePolicy = FailurePolicy.Requeue, Concurrency = concurrency });
        await broker.SendAllAsync(queue, texts);

        await failed.WaitForCountAsync(5);
        await handled.ReachAsync(35);
        await consumer.StopAsync().InTime();
        var parked = await failed.TakeAsync();
        Assert.Equal(texts.Where((_, number) => number % 8 == 0).Order(), parked.Select(message => message.Text).Order());
        Assert.All(parked, message => Assert.Equal("delivery-count", message.Header("x-parked-reason")));
        Assert.All(poisoned.All.CountBy(text => text), each => Assert.Equal(15, each.Value));
        Assert.Equal(35, handled.All.Distinct().Count());
        Assert.Empty(await probe.DrainAsync(queue));
    }
}
