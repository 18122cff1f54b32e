namespace Broker.Client.Testing.Tests.Core;

public sealed class QuorumTests
{
    [Fact]
    public void On_4_3_nack_is_not_counted_and_reject_is()
    {
        var host = Create(RabbitProfile.V4_3);

        Return(host, static (channel, tag) => channel.Nack(tag, multiple: false, requeue: true));
        var second = Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));
        var third = host.Get("q");

        Assert.Equal(("", "1"), Counts(second));
        Assert.Equal(("1", "2"), Counts(third));
    }

    [Fact]
    public void On_4_0_nack_is_counted_and_there_is_no_acquired_count()
    {
        var host = Create(RabbitProfile.V4_0);

        var first = Return(host, static (channel, tag) => channel.Nack(tag, multiple: false, requeue: true));

        Assert.Equal(("", ""), Counts(first));
        Assert.Equal(("1", ""), Counts(host.Get("q")));
    }

    [Fact]
    public void On_3_10_a_consumer_sees_no_count_before_the_second_delivery()
    {
        var host = Create(RabbitProfile.V3_10);

        var consumer = host.Consume("q");
        host.Channel.Reject(consumer.Deliveries[0].Tag, requeue: true);

        Assert.Equal(("", ""), Counts(consumer.Deliveries[0]));
        Assert.Equal(("1", ""), Counts(consumer.Deliveries[1]));
    }

    [Fact]
    public void On_3_10_a_get_sees_the_count_from_the_start_and_a_return_goes_to_the_back()
    {
        var host = Create(RabbitProfile.V3_10);
        host.Send("q", "n");

        var first = Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));

        Assert.Equal(("0", ""), Counts(first));
        Assert.Equal("n", Host.Text(host.Get("q")));
        Assert.Equal(("1", ""), Counts(host.Get("q")));
    }

    [Fact]
    public void The_twenty_first_delivery_is_the_last_and_without_an_exchange_the_message_is_gone()
    {
        var host = Create(RabbitProfile.V4_3);

        for (var i = 0; i < 20; i++) Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));
        Assert.Equal(1, host.Virtual.Inspection.Queue("q")!.Ready);
        Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));

        Assert.Null(host.Get("q"));
        Assert.Equal(MessageFate.Dropped, Assert.Single(host.Virtual.Inspection.History("q")).Fate);
    }

    [Fact]
    public void A_lost_channel_counts_and_the_limit_dead_letters()
    {
        var host = new Host();
        host.Queue("dead");
        host.Queue("q", ("x-queue-type", "quorum"), ("x-delivery-limit", 1), ("x-dead-letter-exchange", ""),
            ("x-dead-letter-routing-key", "dead"));
        host.Send("q", "m");

        for (var i = 0; i < 2; i++)
        {
            var channel = host.Virtual.OpenChannel(host.Connection);
            Assert.NotNull(host.Virtual.Get(channel, "q", noAck: false));
            host.Virtual.CloseChannel(channel);
        }

        var dead = host.Get("dead");
        Assert.Equal("delivery_limit", Host.Header(dead, "x-first-death-reason"));
        Assert.True(dead!.Value.IsRedelivered);
    }

    [Fact]
    public void On_3_10_there_is_no_limit_by_default()
    {
        var host = Create(RabbitProfile.V3_10);

        for (var i = 0; i < 50; i++) Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));

        Assert.NotNull(host.Get("q"));
    }

    [Fact]
    public void A_negative_limit_is_none_on_4_and_drops_at_the_first_return_on_3()
    {
        var four = Create(RabbitProfile.V4_0, ("x-delivery-limit", -1));
        var three = Create(RabbitProfile.V3_10, ("x-delivery-limit", -1));

        for (var i = 0; i < 30; i++) Return(four, static (channel, tag) => channel.Reject(tag, requeue: true));
        Return(three, static (channel, tag) => channel.Reject(tag, requeue: true));

        Assert.NotNull(four.Get("q"));
        Assert.Null(three.Get("q"));
    }

    [Fact]
    public void A_classic_queue_counts_nothing()
    {
        var host = new Host();
        host.Queue("q");
        host.Send("q", "m");

        for (var i = 0; i < 30; i++) Return(host, static (channel, tag) => channel.Reject(tag, requeue: true));

        Assert.Null(host.Get("q")!.Value.Properties.Headers);
    }

    [Theory]
    [InlineData("4.3", false, "1", true)]
    [InlineData("4.3", true, "", false)]
    [InlineData("4.0", false, "", false)]
    public void On_4_3_a_rejection_goes_along_with_the_dead_letter(
        string generation, bool nack, string count, bool redelivered)
    {
        var host = new Host(generation == "4.3" ? RabbitProfile.V4_3 : RabbitProfile.V4_0);
        host.Queue("dead", ("x-queue-type", "quorum"));
        host.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Send("q", "m");

        Return(host, (channel, tag) =>
        {
            if (nack) channel.Nack(tag, multiple: false, requeue: false);
            else channel.Reject(tag, requeue: false);
        });
        var dead = host.Get("dead");

        Assert.Equal(count, Counts(dead).Deliveries);
        Assert.Equal(redelivered, dead!.Value.IsRedelivered);
    }

    [Fact]
    public void Global_prefetch_is_refused_by_the_generations_that_do()
    {
        var old = Create(RabbitProfile.V4_0);
        old.Channel.SetGlobalPrefetch(3);
        var now = Create(RabbitProfile.V4_3);
        now.Channel.SetGlobalPrefetch(3);

        now.Consume("q");
        Host.Fails(540, "NOT_IMPLEMENTED - queue 'q' in vhost '/' does not support global qos", () => old.Consume("q"));
    }

    [Fact]
    public void Who_cannot_be_told_that_a_message_was_taken_back_has_its_channel_ended()
    {
        var host = new Host();
        TimeSpan? ended = null;
        host.Queue("q", ("x-queue-type", "quorum"));
        host.Send("q", "m");
        host.Channel.TimedOut = limit => ended = limit;
        host.Consume("q", knowsCancel: false);

        host.Clock.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal(TimeSpan.FromMinutes(30), ended);
        Assert.Equal(0, host.Virtual.Inspection.Queue("q")!.Ready);
    }

    [Theory]
    [InlineData(true, "3")]
    [InlineData(false, "1 2 3")]
    public void On_4_3_a_limit_of_bytes_counts_the_properties_too(bool is43, string left)
    {
        var host = new Host(is43 ? RabbitProfile.V4_3 : RabbitProfile.V4_0);
        host.Queue("q", ("x-queue-type", "quorum"), ("x-max-length-bytes", 27));

        foreach (var body in new[] { "1", "2", "3" })
            host.Publish("", "q", body, new() { ContentType = "text/plain" }); // 2 bytes of flags, and 11

        Assert.Equal(left, host.Drain("q"));
    }

    private static Host Create(RabbitProfile profile, params (string Name, object? Value)[] arguments)
    {
        var host = new Host(profile);
        host.Queue("q", [("x-queue-type", "quorum"), .. arguments]);
        host.Send("q", "m");
        return host;
    }

    private static Delivery? Return(Host host, Action<Unacked, ulong> settle)
    {
        var delivery = host.Get("q");
        settle(host.Channel, delivery!.Value.Tag);
        return delivery;
    }

    private static (string Deliveries, string Acquired) Counts(Delivery? delivery) =>
        (Host.Header(delivery, "x-delivery-count"), Host.Header(delivery, "x-acquired-count"));
}
