namespace Broker.Client.Testing.Tests.Core;

public sealed class DeadLetteringTests
{
    private readonly Host _host = new();

    public DeadLetteringTests() => _host.Queue("dead");

    [Fact]
    public void A_rejected_message_tells_where_and_why_it_died()
    {
        Dead("q");
        _host.Publish("", "q", "m", new() { Expiration = "60000", Headers = Host.Args(("h", 1)) });

        _host.Channel.Reject(_host.Get("q")!.Value.Tag, requeue: false);
        var dead = _host.Get("dead");

        Assert.Null(dead!.Value.Properties.Expiration);
        Assert.Equal(("", "dead"), (dead.Value.Exchange, dead.Value.RoutingKey));
        var death = Death(dead, 0);
        Assert.Equal((1L, "rejected", "q", "", "60000"), (death["count"], death["reason"], death["queue"],
            death["exchange"], death["original-expiration"]));
        Assert.Equal(["q"], (List<object?>)death["routing-keys"]!);
        Assert.Equal(("q", "rejected", "", "rejected"), (Host.Header(dead, "x-first-death-queue"),
            Host.Header(dead, "x-first-death-reason"), Host.Header(dead, "x-first-death-exchange"),
            Host.Header(dead, "x-last-death-reason")));
        Assert.Equal(MessageFate.DeadLettered, Assert.Single(_host.Virtual.Inspection.History("q")).Fate);
    }

    [Fact]
    public void Without_a_dead_letter_exchange_a_rejected_message_is_dropped()
    {
        _host.Send("dead", "m");

        _host.Channel.Nack(_host.Get("dead")!.Value.Tag, multiple: false, requeue: false);

        Assert.Equal(MessageFate.Dropped, Assert.Single(_host.Virtual.Inspection.History("dead")).Fate);
    }

    [Fact]
    public void The_second_death_in_a_queue_is_counted_and_the_latest_comes_first()
    {
        _host.Queue("wait", ("x-message-ttl", 50), ("x-dead-letter-exchange", ""),
            ("x-dead-letter-routing-key", "work"));
        _host.Queue("work", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "wait"));
        _host.Send("wait", "m");
        _host.Clock.Advance(TimeSpan.FromMilliseconds(50));
        _host.Channel.Reject(_host.Get("work")!.Value.Tag, requeue: false);

        _host.Clock.Advance(TimeSpan.FromMilliseconds(50));
        var again = _host.Get("work");

        Assert.Equal((2L, "wait", "expired"),
            (Death(again, 0)["count"], Death(again, 0)["queue"], Death(again, 0)["reason"]));
        Assert.Equal((1L, "work", "rejected"),
            (Death(again, 1)["count"], Death(again, 1)["queue"], Death(again, 1)["reason"]));
        Assert.Equal("wait", Host.Header(again, "x-first-death-queue"));
    }

    [Fact]
    public void A_circle_without_a_rejection_is_cut()
    {
        _host.Queue("a", ("x-message-ttl", 50), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "b"));
        _host.Queue("b", ("x-message-ttl", 50), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "a"));
        _host.Send("a", "m");

        _host.Clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(1, _host.Virtual.Inspection.Queue("b")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(50));

        Assert.Equal((0, 0),
            (_host.Virtual.Inspection.Queue("a")!.Ready, _host.Virtual.Inspection.Queue("b")!.Ready));
    }

    [Fact]
    public void A_full_queue_drops_its_oldest_message()
    {
        Dead("q", ("x-max-length", 1));

        _host.Send("q", "1", "2");

        Assert.Equal(("2", "maxlen"), (_host.Drain("q"), Death(_host.Get("dead"), 0)["reason"]));
    }

    [Fact]
    public void Bytes_are_bounded_too()
    {
        _host.Queue("q", ("x-max-length-bytes", 5));

        _host.Send("q", "aaa", "bb", "c");

        Assert.Equal("bb c", _host.Drain("q"));
    }

    [Fact]
    public void A_full_queue_that_refuses_keeps_what_it_has()
    {
        Dead("q", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        _host.Send("q", "1");

        var result = _host.Publish("", "q", "2");

        Assert.Equal(new(1, IsRejected: true), result);
        Assert.Equal(("1", ""), (_host.Drain("q"), _host.Drain("dead")));
    }

    [Fact]
    public void A_full_queue_can_refuse_and_dead_letter_at_once()
    {
        Dead("q", ("x-max-length", 1), ("x-overflow", "reject-publish-dlx"));
        _host.Send("q", "1");

        var result = _host.Publish("", "q", "2");

        Assert.True(result.IsRejected);
        Assert.Equal(("1", "2"), (_host.Drain("q"), _host.Drain("dead")));
    }

    [Fact]
    public void Carbon_copies_are_kept_on_4_and_removed_on_3_when_the_queue_names_a_key()
    {
        Assert.Equal((true, false), (KeepsCopies(RabbitProfile.V4_0), KeepsCopies(RabbitProfile.V3_10)));
    }

    private static bool KeepsCopies(RabbitProfile profile)
    {
        var host = new Host(profile);
        host.Queue("dead");
        host.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Publish("", "q", "m", new() { Headers = Host.Args(("CC", new List<object?> { "c" })) });
        host.Channel.Reject(host.Get("q")!.Value.Tag, requeue: false);
        return host.Get("dead")!.Value.Properties.Headers!.ContainsKey("CC");
    }

    private void Dead(string queue, params (string Name, object? Value)[] arguments) => _host.Queue(queue,
        [("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"), .. arguments]);

    private static IReadOnlyDictionary<string, object?> Death(Delivery? delivery, int at) =>
        (IReadOnlyDictionary<string, object?>)((List<object?>)delivery!.Value.Properties.Headers!["x-death"]!)[at]!;

    [Fact]
    public void On_3_10_the_history_that_a_client_sends_goes_on()
    {
        var host = new Host(RabbitProfile.V3_10);
        host.Queue("dead");
        host.Queue("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        host.Publish("", "q", "m", new() { Headers = Told("q") });

        host.Channel.Reject(host.Get("q")!.Value.Tag, requeue: false);
        var dead = host.Get("dead");

        var death = Death(dead, 0);
        Assert.Equal((5L, "mine"), (death["count"], death["note"]));
        Assert.Equal("expired", Death(dead, 1)["reason"]);
        Assert.Equal("", Host.Header(dead, "x-first-death-queue"));
    }

    [Fact]
    public void On_4_x_the_history_that_a_client_sends_is_overwritten()
    {
        Dead("q");
        _host.Publish("", "q", "m", new() { Headers = Told("q") });

        _host.Channel.Reject(_host.Get("q")!.Value.Tag, requeue: false);
        var dead = _host.Get("dead");

        Assert.Equal(1L, Death(dead, 0)["count"]);
        Assert.Single((List<object?>)dead!.Value.Properties.Headers!["x-death"]!);
        Assert.Equal("q", Host.Header(dead, "x-first-death-queue"));
    }

    private static Dictionary<string, object?> Told(string queue) => Host.Args(
        ("x-death", new List<object?>
        {
            Host.Args(("count", 9L), ("queue", "other"), ("reason", "expired")),
            Host.Args(("count", 4L), ("queue", queue), ("reason", "rejected"), ("note", "mine")),
        }),
        ("x-first-death-exchange", "elsewhere"));
}
