using Broker.Client.Testing.Tests.Core;

namespace Broker.Client.Testing.Tests.Regressions;

/// <summary>Where the test broker was once another than the real ones, as the oracle's smallest programs showed it.</summary>
public sealed class FoundByTheOracleTests
{
    [Fact]
    public void What_a_lost_channel_had_got_comes_back_to_a_quorum_queue_in_the_order_of_its_tags_in_digits()
    {
        var host = Quorum(RabbitProfile.V3_10);
        for (var i = 1; i <= 10; i++) host.Send("q", $"{i}");
        for (var i = 1; i <= 10; i++) host.Get("q");

        host.Virtual.CloseChannel(host.Channel);

        Assert.Equal("1 10 2 3 4 5 6 7 8 9", host.Drain("q"));
    }

    [Fact]
    public void What_a_lost_channel_held_comes_back_to_a_classic_queue_all_at_once()
    {
        var host = new Host();
        host.Queue("q");
        host.Send("q", "1", "2", "3");
        host.Get("q");
        host.Consume("q");
        var other = host.Consume("q", channel: host.Virtual.OpenChannel(host.Connection));

        host.Virtual.CloseChannel(host.Channel);

        Assert.Equal("1 2 3", other.Bodies);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_single_active_consumer_gets_nothing_more_when_one_of_higher_priority_waits_for_its_last_ack(bool is43)
    {
        var host = Quorum(is43 ? RabbitProfile.V4_3 : RabbitProfile.V4_0, ("x-single-active-consumer", true));
        var low = Consume(host, priority: 0);
        host.Send("q", "1");
        var high = Consume(host, priority: 1);
        host.Send("q", "2");
        Assert.Equal(("1", ""), (low.Bodies, high.Bodies));

        host.Channel.Ack(1, multiple: false);

        Assert.Equal(("1", "2"), (low.Bodies, high.Bodies));
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "")]
    public void A_return_lets_it_take_over_on_4_3_alone(bool is43, string bodies)
    {
        var host = Quorum(is43 ? RabbitProfile.V4_3 : RabbitProfile.V4_0, ("x-single-active-consumer", true));
        Consume(host, priority: 0);
        host.Send("q", "1");
        var high = Consume(host, priority: 1);

        host.Channel.Nack(1, multiple: false, requeue: true);

        Assert.Equal(bodies, high.Bodies);
    }

    [Fact]
    public void Among_standbys_of_one_priority_the_one_that_may_hold_most_is_next()
    {
        var host = Quorum(RabbitProfile.V4_0, ("x-single-active-consumer", true));
        var first = host.Consume("q", prefetch: 1);
        var few = host.Consume("q", prefetch: 1);
        var many = host.Consume("q", prefetch: 3);

        host.Virtual.Cancel(first.Subscription);
        host.Send("q", "1");

        Assert.Equal(("", "1"), (few.Bodies, many.Bodies));
    }

    [Theory]
    [InlineData("nack", "1")]
    [InlineData("lost", "2")]
    public void On_4_0_only_failures_go_along_where_a_message_is_dead_lettered(string before, string count)
    {
        var host = Quorum(RabbitProfile.V4_0, ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Queue("dead", ("x-queue-type", "quorum"));
        host.Send("q", "1");
        var channel = host.Virtual.OpenChannel(host.Connection);
        host.Virtual.Get(channel, "q", noAck: false);
        if (before == "nack") channel.Nack(1, multiple: false, requeue: true);
        else host.Virtual.CloseChannel(channel);

        host.Channel.Reject(host.Get("q")!.Value.Tag, requeue: false);

        Assert.Equal(count, Host.Header(host.Get("dead"), "x-delivery-count"));
    }

    [Fact]
    public void A_full_classic_queue_drops_before_it_looks_for_what_has_expired()
    {
        var host = new Host();
        host.Queue("dead");
        host.Queue("q", ("x-max-length", 1), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Send("q", "1");
        host.Get("q");
        host.Publish("", "q", "2", new() { Expiration = "10" });
        host.Send("dead", "stop");
        host.Get("dead", noAck: true);

        // It comes back before the one that expires, and of two too many there is one.
        host.Channel.Nack(1, multiple: false, requeue: true);

        var death = (IReadOnlyDictionary<string, object?>)((IReadOnlyList<object?>)host.Get("dead")!.Value.Properties.Headers!["x-death"]!)[0]!;
        Assert.Equal("maxlen", death["reason"]);
    }

    [Fact]
    public void Each_publisher_is_told_by_itself_that_a_quorum_queue_is_full()
    {
        var host = Quorum(RabbitProfile.V4_3, ("x-max-length", 2), ("x-overflow", "reject-publish"));
        var (one, other) = (new object(), new object());
        Assert.Equal([false, false, false, true], Enumerable.Range(0, 4).Select(_ => Rejected(one)));
        host.Get("q", noAck: true);

        Assert.Equal([true, false, true], [Rejected(one), Rejected(other), Rejected(other)]);

        bool Rejected(object publisher) => host.Virtual.Publish("", "q", MessageProperties.None, default, publisher: publisher).IsRejected;
    }

    [Fact]
    public void What_is_dead_lettered_asks_no_full_quorum_queue()
    {
        var host = Quorum(RabbitProfile.V4_3, ("x-max-length", 0), ("x-overflow", "reject-publish"));
        host.Queue("source", ("x-max-length", 0), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "q"));

        host.Send("source", "1", "2", "3");

        Assert.Equal(3, host.Virtual.Inspection.Queue("q")!.Ready);
    }

    [Fact]
    public void What_dies_on_its_way_back_to_a_classic_queue_still_reaches_a_consumer_of_the_channel_that_ends()
    {
        var host = new Host();
        host.Queue("q", ("x-message-ttl", 0), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Queue("dead");
        host.Consume("q");
        host.Send("q", "1");
        var consumer = host.Consume("dead", noAck: true);

        host.Virtual.CloseChannel(host.Channel);

        Assert.Equal("1", consumer.Bodies);
    }

    [Fact]
    public void What_a_queue_buries_comes_to_it_again_only_after_it_has_gone_on()
    {
        var host = new Host();
        host.Queue("q", ("x-dead-letter-exchange", ""), ("x-max-length-bytes", 4));
        var consumer = host.Consume("q", prefetch: 1);
        host.Send("q", "m1.0", "m1.1");

        host.Channel.Nack(1, multiple: false, requeue: false);

        Assert.Equal("m1.0 m1.1", consumer.Bodies);
        Assert.Equal(1, host.Virtual.Inspection.Queue("q")!.Ready);
    }

    [Fact]
    public void What_is_got_has_its_tag_before_what_it_uncovers_is_dead_lettered_to_a_consumer_of_the_channel()
    {
        var host = new Host();
        host.Queue("dead");
        host.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Send("q", "1");
        host.Publish("", "q", "2", new() { Expiration = "10" });
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        var consumer = host.Consume("dead");

        Assert.Equal(1ul, host.Get("q")!.Value.Tag);
        Assert.Equal(2ul, Assert.Single(consumer.Deliveries).Tag);
    }

    [Fact]
    public void A_limit_for_the_whole_channel_begins_with_what_was_got_before()
    {
        var host = new Host(RabbitProfile.V3_10);
        host.Queue("got");
        host.Queue("q");
        host.Send("got", "1");
        host.Get("got");
        host.Channel.SetGlobalPrefetch(1);
        var consumer = host.Consume("q");

        host.Send("q", "2");

        Assert.Equal("", consumer.Bodies);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "1")]
    public void RabbitMQ_3_10_knows_no_filters_of_streams(bool filters, string bodies)
    {
        var host = new Host(filters ? RabbitProfile.V4_0 : RabbitProfile.V3_10);
        host.Queue("s", ("x-queue-type", "stream"));
        host.Publish("", "s", "1", new() { Headers = Host.Args(("x-stream-filter-value", "a")) });
        var recorder = new Recorder();

        host.Virtual.Consume(host.Channel, new("s") { Prefetch = 1, Arguments = Host.Args(("x-stream-filter", "b"), ("x-stream-offset", "first")) },
            recorder);

        Assert.Equal(bodies, recorder.Bodies);
    }

    private static Host Quorum(RabbitProfile profile, params (string Name, object? Value)[] arguments)
    {
        var host = new Host(profile);
        host.Queue("q", [("x-queue-type", "quorum"), .. arguments]);
        return host;
    }

    private static Recorder Consume(Host host, int priority)
    {
        var recorder = new Recorder();
        recorder.Subscription = host.Virtual.Consume(host.Channel, new("q") { Priority = priority }, recorder);
        return recorder;
    }
}
