using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Handlers that get many messages at a time.</summary>
public sealed class BatchTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Full_batches_come_in_order_and_one_ack_stands_for_each()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var acks = proxy.On(Frames.Method("basic.ack").FromClient()).Delay(TimeSpan.Zero);
        await broker.SendAllAsync(queue, Clients.Numbers(300));
        var batches = new Collected<string[]>();

        await using (var consumer = await broker.ConsumeBatchesAsync(
            queue, batch =>
            {
                batches.Add([.. batch.Select(delivery => delivery.GetText())]);
                return Task.CompletedTask;
            }, size: 100, maxWait: s_long))
        {
            await batches.ReachAsync(3);
        }

        Assert.Equal([100, 100, 100], batches.All.Select(batch => batch.Length));
        Assert.Equal(Clients.Numbers(300), batches.All.SelectMany(batch => batch));
        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.InRange(acks.Bites.Count, 1, 12); // the last of a batch may go by the count of those held back, or by itself
    }

    [Fact]
    public async Task A_batch_that_does_not_fill_goes_when_its_first_message_has_waited()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var batches = new Collected<int>();
        await using var consumer = await broker.ConsumeBatchesAsync(
            queue, (batch, _) =>
            {
                batches.Add(batch.Count);
                return Task.CompletedTask;
            }, size: 100, maxWait: TimeSpan.FromMilliseconds(20));

        await broker.SendAsync(queue, "x").InTime();

        Assert.Equal([1], await batches.ReachAsync(1));
    }

    [Fact]
    public async Task A_verdict_of_the_handler_wins_for_its_message()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var dead = await broker.DeclareAsync(probe);
        var queue = await broker.DeclareAsync(probe, new() { DeadLetterExchange = "", DeadLetterRoutingKey = dead });
        await broker.SendAllAsync(queue, Clients.Numbers(10));

        await using var consumer = await broker.ConsumeBatchesAsync(
            queue, async batch =>
            {
                foreach (var delivery in batch)
                    if (int.Parse(delivery.GetText()) % 2 == 1)
                        Assert.True(await delivery.DeadLetterAsync());
            }, size: 10, maxWait: s_long);

        await probe.WaitForCountAsync(dead, 5);
        await consumer.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.Equal(["1", "3", "5", "7", "9"], (await probe.DrainAsync(dead)).Select(message => message.Text).Order());
    }

    [Fact]
    public async Task A_handler_that_throws_gets_what_has_no_verdict_again_and_in_the_end_that_is_parked()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(4));
        var batches = new Collected<string[]>();

        await using var consumer = await broker.ConsumeBatchesAsync(
            queue, async batch =>
            {
                batches.Add([.. batch.Select(delivery => delivery.GetText())]);
                await batch[0].AckAsync();
                throw new InvalidOperationException("mine");
            },
            size: 4, maxWait: s_long,
            new() { FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(1)) });

        var failed = probe.Failed(queue);
        await failed.WaitForCountAsync(1);
        Assert.Equal([["0", "1", "2", "3"], ["1", "2", "3"], ["2", "3"]], batches.All);
        await consumer.StopAsync().InTime();
        Assert.Equal(["3"], (await failed.TakeAsync()).Select(message => message.Text));
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_stop_hands_a_batch_back_that_was_not_full()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var batches = new Collected<int>();
        var consumer = await broker.ConsumeBatchesAsync(
            queue, batch =>
            {
                batches.Add(batch.Count);
                return Task.CompletedTask;
            }, size: 100, maxWait: s_long);

        await broker.SendAllAsync(queue, Clients.Numbers(7));
        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync().InTime();

        await probe.WaitForCountAsync(queue, 7);
        Assert.Empty(batches.All);
    }

    [Fact]
    public async Task Options_that_a_batch_cannot_have_are_refused()
    {
        await using var broker = new BrokerClient("amqp://localhost:1");

        await Refused("size", size: 0);
        await Refused("maxWait", maxWait: TimeSpan.Zero);
        await Refused("BeforeHandler", options: new() { AckMode = AckMode.BeforeHandler });
        await Refused("OrderingKey", options: new() { Concurrency = 2, OrderingKey = _ => "x" });
        await Refused("Prefetch", options: new() { Prefetch = 5 });

        async Task Refused(string word, int size = 10, TimeSpan? maxWait = null, ConsumerOptions? options = null)
        {
            var error = await Assert.ThrowsAnyAsync<ArgumentException>(
                () => broker.ConsumeBatchesAsync("q", _ => Task.CompletedTask, size, maxWait ?? s_long, options).InTime());
            Assert.Contains(word, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_a_batch_only_what_cannot_be_decoded_is_given_up_for_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        var handled = new Collected<int>();
        await broker.SendAllAsync(queue, ["1", "bad", "2", "worse", "3"]);

        await using (var consumer = await broker.ConsumeBatchesAsync(
            queue, batch =>
            {
                foreach (var number in batch.Select(delivery => delivery.GetJson<int>()).ToList())
                    handled.Add(number);
                return Task.CompletedTask;
            }, size: 5, maxWait: s_long))
        {
            Assert.Equal([1, 2, 3], await handled.ReachAsync(3));
            await failed.WaitForCountAsync(2);
        }

        Assert.Equal(["bad", "worse"], (await failed.TakeAsync()).Select(message => message.Text));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Through_the_broker_a_batch_is_tried_again_message_by_message()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        probe.Owns($"{queue}.retry.1000");
        var runs = new Collected<int>();
        await broker.SendAllAsync(queue, Clients.Numbers(2));

        await using var consumer = await broker.ConsumeBatchesAsync(
            queue, batch =>
            {
                foreach (var delivery in batch)
                    runs.Add(delivery.DeliveryCount);
                return batch[0].DeliveryCount == 0 ? throw new InvalidOperationException("not yet") : Task.CompletedTask;
            }, size: 2, maxWait: s_long, new() { FailurePolicy = FailurePolicy.Retry(attempts: 2).ThroughBroker() });

        Assert.Equal([0, 0, 1, 1], await runs.ReachAsync(4));
    }
}
