using System.Globalization;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>What a broker does where an ack is not given in time: on RabbitMQ 4.3 something else than before.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class ConsumerTimeoutTests(BrokerFixture brokers)
{
    private const string ClosesChannel = "the channel is closed with 406", CancelsConsumer = "the consumer is cancelled", Nothing = "nothing";

    [Fact]
    public async Task Before_RabbitMQ_4_3_the_channel_is_closed_and_since_then_the_consumer_is_cancelled_of_a_quorum_queue_only()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var timeout = await ConsumerTimeout.ShortenAsync(broker);
        await using var probe = await broker.ProbeAsync();

        await using var classic = await HeldDeliveries.HoldAsync(broker, probe, QueueKind.Classic);
        await using var quorum = await HeldDeliveries.HoldAsync(broker, probe, QueueKind.Quorum);
        await using var later = await HeldDeliveries.HoldAsync(broker, probe, QueueKind.Quorum, after: quorum.Ended);

        var ofQuorum = await quorum.Ended.InTime(30);
        await later.Ended.InTime(30); // as long again, for the one that nobody ends
        Assert.Equal(broker.DelaysRetries ? (Nothing, CancelsConsumer) : (ClosesChannel, ClosesChannel), (classic.Ended.IsCompleted ? await classic.Ended : Nothing, ofQuorum));
        await probe.WaitForCountAsync(quorum.Queue, 1);
        Assert.Equal(broker.DelaysRetries ? 0u : 1u, await probe.CountAsync(classic.Queue));
    }

    // By name: two seconds of the broker's race it on a busy machine. What follows from it for a consumer of ours is in Regressions.
    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_consumer_that_was_cancelled_for_one_message_keeps_the_others_and_a_late_ack_revives_it_unless_it_cancels_too(bool cancelsToo)
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        if (!broker.DelaysRetries)
            return; // the channel is gone, with all that it held
        await using var timeout = await ConsumerTimeout.ShortenAsync(broker);
        await using var probe = await broker.ProbeAsync();
        await using var held = await HeldDeliveries.HoldAsync(broker, probe, QueueKind.Quorum);
        var published = 1;
        for (; !held.Ended.IsCompleted; published++)
            await probe.PublishAsync(held.Queue, string.Create(CultureInfo.InvariantCulture, $"{published}")); // some young ones are always among them
        Assert.Equal(CancelsConsumer, await held.Ended.InTime());
        var delivered = held.Tags.All;

        await held.Channel.BasicAckAsync(delivered[^1], multiple: false);
        if (cancelsToo)
            await held.Channel.BasicCancelAsync(held.Tag);
        try
        {
            await held.Channel.BasicAckAsync(delivered[0], multiple: false);
        }
        catch (AlreadyClosedException) when (cancelsToo)
        {
            // Without a consumer it may close the channel over what is held there, and all of that comes back, as it does below.
        }

        if (!cancelsToo)
            await held.Tags.ReachAsync(delivered.Length + 1); // after its end
        await held.DisposeAsync();
        await probe.WaitForCountAsync(held.Queue, (uint)published - 1); // the late ack counted for nothing
        if (cancelsToo)
            Assert.Equal(delivered.Length, held.Tags.Count);
    }

    /// <summary>A consumer that acknowledges nothing, and how it ends.</summary>
    private sealed class HeldDeliveries : AsyncDefaultBasicConsumer, IAsyncDisposable
    {
        private readonly RawChannel _raw;
        private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private HeldDeliveries(RawChannel raw, string queue)
            : base(raw.Channel)
        {
            (_raw, Queue) = (raw, queue);
            raw.Channel.DefaultConsumer = this; // for what comes after the end
            raw.Channel.ChannelShutdownAsync += (_, reason) =>
            {
                _ended.TrySetResult($"the channel is closed with {reason.ReplyCode}");
                return Task.CompletedTask;
            };
        }

        public string Queue { get; }

        public string Tag { get; private set; } = "";

        public Collected<ulong> Tags { get; } = new();

        public Task<string> Ended => _ended.Task;

        /// <summary>Holds one message of a queue of its own.</summary>
        public static async Task<HeldDeliveries> HoldAsync(BrokerUnderTest broker, BrokerProbe probe, QueueKind kind, Task? after = null)
        {
            var held = new HeldDeliveries(await RawChannel.OpenAsync(broker), probe.NewName());
            await probe.DeclareAsync(held.Queue, kind);
            if (after is not null)
                await after.InTime(30);
            held.Tag = await held.Channel.BasicConsumeAsync(held.Queue, autoAck: false, held);
            await probe.PublishAsync(held.Queue, "0");
            await held.Tags.ReachAsync(1);
            return held;
        }

        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Tags.Add(deliveryTag);
            return Task.CompletedTask;
        }

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            _ended.TrySetResult(CancelsConsumer);
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => _raw.DisposeAsync();
    }
}
