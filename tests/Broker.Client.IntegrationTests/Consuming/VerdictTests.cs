using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>The four verbs of a delivery, by what they do on the broker.</summary>
public sealed class VerdictTests(BrokerFixture brokers)
{
    private static readonly ConsumerOptions s_manual = new() { AckMode = AckMode.Manual };

    [Fact]
    public async Task Ack_is_the_end_of_the_message()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var verdicts = new Collected<bool>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery => verdicts.Add(await delivery.AckAsync()), s_manual);
        await broker.SendAsync(queue, "x").InTime();

        Assert.Equal([true], await verdicts.ReachAsync(1));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Retry_and_release_bring_the_message_back_marked_as_redelivered(bool retry)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<(bool Redelivered, int Count)>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            seen.Add((delivery.Redelivered, delivery.DeliveryCount));
            await (delivery.Redelivered ? delivery.AckAsync() : retry ? delivery.RetryAsync() : delivery.ReleaseAsync());
        }, s_manual);
        await broker.SendAsync(queue, "x").InTime();

        var all = await seen.ReachAsync(2);
        Assert.Equal([false, true], all.Select(each => each.Redelivered));
        // What a release counts depends on the broker's version; a retry is always counted.
        if (retry)
            Assert.Equal([0, 1], all.Select(each => each.Count));
    }

    [Fact]
    public async Task Dead_letter_moves_the_message_to_the_dead_letter_exchange_as_rejected()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var dead = await broker.DeclareAsync(probe);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead });

        await using var consumer = await broker.ConsumeAsync(queue, delivery => delivery.DeadLetterAsync(), s_manual);
        await broker.SendAsync(queue, "x").InTime();

        await probe.WaitForCountAsync(dead, 1);
        var message = Assert.IsType<RawMessage>(await probe.GetAsync(dead));
        Assert.Equal(("x", "rejected", queue), (message.Text, message.Header("x-first-death-reason"), message.Header("x-first-death-queue")));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Theory]
    [InlineData("ack")]
    [InlineData("retry")]
    [InlineData("release")]
    [InlineData("dead-letter")]
    public async Task A_second_verdict_throws_and_the_channel_lives(string second)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (errors, tags) = (new Collected<Exception?>(), new Collected<ulong>());

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            await delivery.AckAsync();
            errors.Add(await Record.ExceptionAsync(async () => await (second switch
            {
                "ack" => delivery.AckAsync(),
                "retry" => delivery.RetryAsync(),
                "release" => delivery.ReleaseAsync(),
                _ => delivery.DeadLetterAsync(),
            })));
            tags.Add(delivery.DeliveryTag);
        }, s_manual);
        await broker.SendAllAsync(queue, ["first", "second", "third"]);

        Assert.All(await errors.ReachAsync(3), error => Assert.IsType<InvalidOperationException>(error));
        Assert.Equal([1ul, 2ul, 3ul], await tags.ReachAsync(3)); // one channel all along
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Verdicts_may_come_from_other_threads_after_the_handler_and_in_any_order()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var kept = new Collected<Delivery>();
        await using var consumer = await broker.ConsumeAsync(queue, kept.Add, s_manual);
        await broker.SendAllAsync(queue, Clients.Numbers(40));

        var deliveries = await kept.ReachAsync(40);
        var verdicts = await Task.WhenAll(deliveries.Reverse().Select((delivery, index) =>
            Task.Run(async () => await (index % 4 == 0 ? delivery.ReleaseAsync() : delivery.AckAsync())))).InTime();

        Assert.All(verdicts, Assert.True);
        var again = (await kept.ReachAsync(50)).Skip(40).ToArray();
        Assert.Equal(deliveries.Reverse().Where((_, index) => index % 4 == 0).Select(delivery => delivery.GetText()).Order(), again.Select(delivery => delivery.GetText()).Order());
        Assert.All(again, delivery => Assert.True(delivery.Redelivered));
    }

    [Fact]
    public async Task A_verdict_after_the_consumer_has_stopped_is_false_and_harms_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "x").InTime();
        var kept = new Collected<Delivery>();
        await using var consumer = await broker.ConsumeAsync(queue, kept.Add, s_manual);
        var delivery = (await kept.ReachAsync(1))[0];
        await consumer.StopAsync().InTime();

        var accepted = await delivery.AckAsync().InTime();

        Assert.False(accepted);
        Assert.Equal("x", (await probe.GetAsync(queue))?.Text);
    }

    [Fact]
    public async Task A_verdict_after_its_connection_was_lost_is_false_and_hits_no_message_of_the_next_one()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var kept = new Collected<Delivery>();
        await using var consumer = await broker.ConsumeAsync(queue, kept.Add, s_manual);
        await kept.ReachAsync(2);

        relay.CutAll();
        var again = (await kept.ReachAsync(4)).Skip(2).ToList();
        var late = await kept.All[0].AckAsync().InTime();
        var inTime = await again[0].AckAsync().InTime();
        await consumer.StopAsync().InTime();

        Assert.Equal((1UL, 1UL, false, true), (kept.All[0].DeliveryTag, again[0].DeliveryTag, late, inTime));
        Assert.All(again, delivery => Assert.True(delivery.Redelivered));
        Assert.Equal([again[1].GetText()], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }
}
