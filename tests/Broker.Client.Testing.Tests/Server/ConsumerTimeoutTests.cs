using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>What becomes of who does not settle in time, in both shapes.</summary>
public abstract class ConsumerTimeoutTest(BrokerProfile profile) : BrokerTest
{
    protected static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    protected override TestBrokerOptions Options => new() { TimeProvider = Clock, Profile = profile };

    protected FakeTimeProvider Clock { get; } = new();

    /// <summary>A consumer that holds what it gets.</summary>
    private protected async Task<Inbox> HoldAsync(string type, params string[] bodies)
    {
        await QueueAsync("q", ("x-queue-type", type));
        var inbox = await ConsumeAsync(Channel, "q");
        await SendAsync("q", bodies);
        foreach (var _ in bodies) await inbox.NextAsync();
        return inbox;
    }
}

public sealed class ChannelTimeoutTests() : ConsumerTimeoutTest(BrokerProfile.V4_0)
{
    [Theory]
    [InlineData("classic")]
    [InlineData("quorum")]
    public async Task Before_4_3_the_channel_is_closed_and_what_it_held_comes_back(string type)
    {
        await HoldAsync(type, "m");
        Clock.Advance(Limit - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Broker.Queue("q").UnackedCount);

        var reason = await ClosesAsync(Channel, () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            return Task.CompletedTask;
        });

        Assert.Equal(406, reason.ReplyCode);
        Assert.Equal("PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms. "
            + "This timeout value can be configured, see consumers doc guide to learn more", reason.ReplyText);
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
    }

    [Fact]
    public async Task What_is_settled_in_time_starts_no_time()
    {
        var inbox = await HoldAsync("classic", "1");
        Clock.Advance(Limit / 2);
        await SendAsync("q", "2");
        var second = await inbox.NextAsync();
        await Channel.BasicAckAsync(second.DeliveryTag - 1, multiple: false);
        await Broker.Queue("q").WaitUntilAsync(static queue => queue.UnackedCount == 1, Soon);

        Clock.Advance(Limit * 0.9);
        Assert.Equal(0, Broker.Queue("q").ReadyCount);
        Clock.Advance(Limit);

        Assert.Equal(1, Broker.Queue("q").ReadyCount);
    }

    [Fact]
    public async Task A_queue_may_have_a_limit_of_its_own_and_the_broker_another()
    {
        Broker.ConsumerTimeout = TimeSpan.FromSeconds(9);
        await QueueAsync("short", ("x-consumer-timeout", 2000));
        await QueueAsync();
        await using var other = await Connection.CreateChannelAsync();
        foreach (var (queue, channel) in new[] { ("short", other), ("q", Channel) })
        {
            await SendAsync(queue, "m");
            await channel.BasicGetAsync(queue, autoAck: false);
        }

        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((1, 0), (Broker.Queue("short").ReadyCount, Broker.Queue("q").ReadyCount));
        Clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
    }
}

public sealed class CancelTimeoutTests() : ConsumerTimeoutTest(BrokerProfile.V4_3)
{
    [Fact]
    public async Task On_4_3_the_consumer_of_a_quorum_queue_is_cancelled_and_its_late_message_comes_back_uncounted()
    {
        var inbox = await HoldAsync("quorum", "m");

        Clock.Advance(Limit);
        await inbox.Cancelled.Task.WaitAsync(Soon);

        Assert.True(Channel.IsOpen);
        var again = (await Channel.BasicGetAsync("q", autoAck: true))!;
        Assert.True(again.Redelivered);
        Assert.Equal(1L, again.BasicProperties.Headers!["x-acquired-count"]);
        Assert.DoesNotContain("x-delivery-count", again.BasicProperties.Headers.Keys);
    }

    [Fact]
    public async Task Its_younger_messages_stay_with_it_and_a_late_ack_counts_for_nothing_but_revives_it()
    {
        var inbox = await HoldAsync("quorum", "old");
        Channel.DefaultConsumer = inbox; // for what comes after the end
        Clock.Advance(Limit / 2);
        await SendAsync("q", "young");
        var young = await inbox.NextAsync();
        Clock.Advance(Limit / 2);
        await inbox.Cancelled.Task.WaitAsync(Soon);
        Assert.Equal((1, 1), (Broker.Queue("q").ReadyCount, Broker.Queue("q").UnackedCount));

        await Channel.BasicAckAsync(young.DeliveryTag, multiple: false);
        await Channel.BasicAckAsync(young.DeliveryTag - 1, multiple: false);

        Assert.Equal("old", Text((await inbox.NextAsync()).Body));
        Assert.Equal(1, Broker.Queue("q").UnackedCount);
    }

    [Fact]
    public async Task One_that_has_cancelled_itself_is_not_revived()
    {
        var inbox = await HoldAsync("quorum", "m");
        Clock.Advance(Limit);
        await inbox.Cancelled.Task.WaitAsync(Soon);

        await Channel.BasicCancelAsync(inbox.Tag);
        await Channel.BasicAckAsync(1, multiple: false);
        await Channel.QueueDeclarePassiveAsync("q"); // behind the ack

        Assert.Equal((1, 0), (Broker.Queue("q").ReadyCount, inbox.Waiting));
    }

    [Fact]
    public async Task On_4_3_no_other_queue_knows_a_limit()
    {
        await HoldAsync("classic", "m");

        Clock.Advance(Limit * 100);

        Assert.Equal(1, Broker.Queue("q").UnackedCount);
        Assert.True(Channel.IsOpen);
    }
}
