using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>C3: the ack of a handler that outlives its connection goes nowhere. Read along on the wire.</summary>
[Trait("Promise", "C3")]
public sealed class LateAckTests(BrokerFixture brokers)
{
    private const int Lanes = 50, Prefetch = 2 * Lanes;

    [Theory]
    [InlineData(AckMode.AfterHandler, QueueType.Classic)]
    [InlineData(AckMode.Manual, QueueType.Quorum)]
    public async Task Handlers_that_end_after_a_cut_ack_nothing_on_the_new_channel(AckMode mode, QueueType type)
    {
        var run = new PromiseRun("C3", brokers.Shared);
        var cuts = Promise.Figure(pr: 3, night: 20, release: 200);
        var (random, tap) = (Promise.Random(salt: 3), new SettlementTap());
        // A quorum queue counts deliveries: what came back is handled next, so that no message is given up.
        var handlers = new LateHandlers(
            Lanes, [.. Enumerable.Range(0, cuts).Select(_ => random.Next(Lanes) + (type == QueueType.Quorum ? Prefetch : 0))], mode == AckMode.Manual);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri, tap.See);
        await using var client = await relay.ConnectAsync(options => options.MaxReconnectDelay = TimeSpan.FromSeconds(0.2));
        var queue = await sender.DeclareAsync(probe, new() { Type = type });
        var messages = (cuts + 1) * (Lanes + (2 * Prefetch));
        await sender.SendManyAsync(queue, Clients.Numbers(messages).Select(number => new Message("work"u8.ToArray()) { MessageId = number })).InTime(60);
        await using var consumer = await client.ConsumeAsync(queue, handlers.HandleAsync, new() { AckMode = mode, Concurrency = Lanes, Prefetch = Prefetch });

        for (var cut = 0; cut < cuts; cut++)
        {
            await handlers.WhenStayingAsync();
            relay.CutAll(reset: cut % 2 == 0);
            await tap.DeliveredAsync(epoch: cut + 1, Prefetch);
            await WhenInFlightAsync(consumer);
            handlers.LetEnd();
        }

        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync().InTime();
        var left = (await probe.DrainAsync(queue)).Count;

        var breaches = new (string Name, int Count)[]
        {
            ("foreign acks", handlers.ForeignAmong(tap.Acks)), ("verdicts on tags that their channel has not", tap.UnknownTags),
            ("late acks said to be accepted", handlers.AcceptedLate), ("lost", messages - handlers.Handled), ("left", left),
        }.Where(each => each.Count > 0).Select(each => $"{each.Count} {each.Name}");
        run.Conclude(cuts * Lanes, handlers.Late, [.. breaches, .. tap.Refusals], new { mode, type, messages, cuts, tap.Delivered, acks = tap.AckFrames, tap.MultipleAcks });
    }

    [Fact]
    public async Task Acks_of_an_old_channel_that_are_sent_on_the_new_one_are_seen()
    {
        var tap = new SettlementTap();
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri, tap.See);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await probe.PublishAsync(queue, Clients.Numbers(10));
        _ = await ConsumeAsync(relay, queue);
        await tap.DeliveredAsync(epoch: 0, 10);
        relay.CutAll();

        var channel = await ConsumeAsync(relay, queue);
        await tap.DeliveredAsync(epoch: 1, 10);
        await channel.BasicAckAsync(3, multiple: false);
        await channel.BasicAckAsync(11, multiple: false);
        await tap.Refused.Task.InTime();

        Promise.Report(new { promise = "C3", control = "RabbitMQ.Client", tap.Acks, tap.UnknownTags, tap.Refusals });
        Assert.Equal(1, new LateHandlers(Lanes, [], manual: false).ForeignAmong(tap.Acks));
        Assert.Equal(1, tap.UnknownTags);
        Assert.StartsWith("406", Assert.Single(tap.Refusals), StringComparison.Ordinal);
    }

    // On the wire they were seen before the client had them.
    private static async Task WhenInFlightAsync(Consumer consumer)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (consumer.Status.InFlight < Prefetch)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"{consumer.Status}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    // Not disposed: its connection is cut, or closed by the broker, or goes with the relay.
    private static async Task<IChannel> ConsumeAsync(TcpRelay relay, string queue)
    {
        var connection = await new ConnectionFactory { Uri = relay.Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        await channel.BasicConsumeAsync(queue, autoAck: false, new AsyncEventingBasicConsumer(channel));
        return channel;
    }
}
