using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// Nothing goes back to a stream. RabbitMQ 3.10 closes the whole connection (540) over a nack or a reject of an event; 4.x takes it, and
/// what was handed back at a pause did not come again, for the consumer went on behind it.
/// </summary>
public sealed class StreamConsumerTests(BrokerFixture brokers)
{
    private static readonly QueueOptions s_stream = new() { Type = QueueType.Stream };
    private static readonly string[] s_numbers = Clients.Numbers(60);

    [Fact]
    public async Task Stopping_a_consumer_of_a_stream_that_holds_events_costs_no_connection()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, stream) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe, s_stream));
        await using var bystander = await broker.ConsumeAsync(queue, _ => { });
        await broker.SendManyAsync(stream, s_numbers.Select(Message.FromText)).InTime();
        var begun = new Signal();
        var consumer = await broker.ConsumeAsync(stream, async (_, token) =>
        {
            begun.Set();
            await Patience.ForeverAsync(token);
        }, new() { StreamOffset = StreamOffset.First, DrainTimeout = TimeSpan.FromMilliseconds(300) });
        await begun.Task.InTime();

        await consumer.StopAsync().InTime();
        await broker.FindQueueAsync(queue).InTime();

        Assert.Equal((0, ConsumerState.Consuming), (bystander.Status.Restarts, bystander.Status.State));
    }

    [Fact]
    public async Task A_pause_of_a_consumer_of_a_stream_leaves_nothing_out()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareAsync(probe, s_stream);
        await broker.SendManyAsync(stream, s_numbers.Select(Message.FromText)).InTime();
        var (begun, seen, gate) = (new Signal(), new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(stream, async delivery =>
        {
            begun.Set();
            await gate.Task;
            seen.Add(delivery.GetText());
        }, new() { StreamOffset = StreamOffset.First });
        await begun.Task.InTime();

        await consumer.PauseAsync().InTime();
        gate.Set();
        await consumer.ResumeAsync().InTime();

        Assert.Equal(s_numbers, await seen.ReachAsync(60));
        Assert.Equal(0, consumer.Status.Restarts);
    }

    [Fact]
    public async Task A_verdict_that_hands_back_is_refused_of_an_event_and_harms_nothing()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareAsync(probe, s_stream);
        await broker.SendAsync(stream, "event").InTime();
        var refused = new Collected<NotSupportedException>();
        await using var consumer = await broker.ConsumeAsync(stream, async delivery =>
        {
            foreach (var verdict in (Func<ValueTask<bool>>[])[delivery.RetryAsync, delivery.ReleaseAsync, delivery.DeadLetterAsync, () => delivery.RetryAsync(TimeSpan.FromSeconds(1))])
                refused.Add(await Assert.ThrowsAsync<NotSupportedException>(() => verdict().AsTask()));
            await delivery.AckAsync();
        }, new() { StreamOffset = StreamOffset.First, AckMode = AckMode.Manual });

        await refused.ReachAsync(4);
        await broker.FindQueueAsync(stream).InTime();

        Assert.Equal(0, consumer.Status.Restarts);
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => broker.ConsumeAsync(stream, _ => { }, new() { FailurePolicy = FailurePolicy.Requeue }).AsTask());
        Assert.Contains("is a stream, to which nothing goes back", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_with_the_header_of_a_stream_does_not_keep_the_consumer_of_a_queue_away_after_a_cut()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        await probe.PublishAsync("", queue, new BasicProperties { Headers = new Dictionary<string, object?> { ["x-stream-offset"] = 5L } }, "parked from a stream");
        await seen.ReachAsync(1);

        relay.CutAll();
        await Eventually.IsTrueAsync("the status", () => consumer.Status is { Restarts: > 0, State: ConsumerState.Consuming });
        await probe.PublishAsync("", queue, new BasicProperties { Headers = new Dictionary<string, object?> { ["x-stream-offset"] = 5L } }, "another");

        await Eventually.IsTrueAsync("the other message", () => seen.All.Contains("another")); // the first may have come again
    }
}
