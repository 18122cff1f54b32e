using System.Collections;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Messages that the broker, or the wire, does not take for what they are themselves: only they may fail.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class PoisonPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_publish_without_the_permission_to_write_fails_alone()
    {
        var faulty = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var probe = await faulty.ProbeAsync();
        var (queue, forbidden) = (probe.NewName(), probe.NewName("exchange"));
        await probe.DeclareAsync(queue, QueueKind.Quorum);
        await probe.DeclareExchangeAsync(forbidden);
        await faulty.ControlAsync("add_user", "scribe", "secret");
        await faulty.ControlAsync("set_permissions", "-p", "/", "scribe", ".*", @"^(amq\.default|test\.queue\..*)$", ".*");
        await using var broker = await faulty.ConnectAsync(options => (options.UserName, options.Password) = ("scribe", "secret"));

        var bad = await Window.PublishAmongAsync(broker, queue, () => broker.TryPublishAsync(forbidden, "", "bad").AsTask());

        await faulty.ControlAsync("delete_user", "scribe");
        Assert.Equal((PublishOutcome.Rejected, (ushort)403), (bad.Outcome, bad.ReplyCode));
        Assert.Contains(forbidden, bad.ReplyText, StringComparison.Ordinal);
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    [Fact]
    public async Task A_message_that_is_too_large_for_the_broker_fails_alone()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        var most = await MostBytesAsync(faulty, lowered: true);
        await using var broker = await faulty.ConnectAsync(options => options.Publisher.MaxMessageBytes = most + 1);
        var queue = await broker.DeclareAsync(probe);

        var bad = await Window.PublishAmongAsync(broker, queue, () => broker.TrySendAsync(queue, new byte[most + 1]).AsTask());

        await MostBytesAsync(faulty, lowered: false);
        Assert.Equal((PublishOutcome.Rejected, (ushort)406), (bad.Outcome, bad.ReplyCode));
        Assert.Contains("larger than", bad.ReplyText, StringComparison.Ordinal);
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    [Fact]
    public async Task A_header_that_turns_out_not_to_be_encodable_fails_alone_and_was_not_sent()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var bad = await Window.PublishAmongAsync(
            broker, queue, () => broker.TrySendAsync(queue, new Message { Headers = { ["fickle"] = new Fickle() } }).AsTask());

        Assert.Equal(PublishOutcome.NotSent, bad.Outcome);
        Assert.Contains("could not be encoded", bad.ReplyText, StringComparison.Ordinal);
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    /// <summary>What the broker takes at the most, lowered where it can be, since RabbitMQ 3 takes 128 MiB.</summary>
    private static async Task<int> MostBytesAsync(BrokerUnderTest broker, bool lowered)
    {
        const int MiB = 1024 * 1024;
        var own = broker.Version.StartsWith("3.", StringComparison.Ordinal) ? 128 * MiB : 16 * MiB;
        if (broker.Lacks(BrokerNeed.Control) is { } reason)
        {
            Assert.SkipWhen(own > 16 * MiB, $"A body of {own / MiB} MiB is too much for a test, and the limit stays: {reason}");
            return own;
        }

        var most = lowered ? MiB / 16 : own;
        await broker.SetMaxMessageBytesAsync(most);
        return most;
    }

    /// <summary>One by one, a list of numbers; all together, of something that AMQP has no name for.</summary>
    private sealed class Fickle : ArrayList, IList
    {
        public Fickle() => Add(1);

        public override IEnumerator GetEnumerator() => new object[] { new Version(1, 2) }.GetEnumerator();
    }
}
