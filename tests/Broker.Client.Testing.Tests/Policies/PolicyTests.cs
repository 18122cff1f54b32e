using Broker.Client.Testing.Tests.Core;

namespace Broker.Client.Testing.Tests.Policies;

public sealed class PolicyTests
{
    private readonly Host _host = new();

    [Fact]
    public void A_policy_gives_a_time_to_live_to_what_comes_from_then_on()
    {
        _host.Queue("orders");
        _host.Send("orders", "before");
        _host.Virtual.SetPolicy("^orders$", new() { MessageTtl = TimeSpan.FromSeconds(1) });
        _host.Send("orders", "after");
        _host.Get("orders");

        _host.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([MessageFate.Delivered, MessageFate.Expired], _host.Virtual.Inspection.History("orders").Select(static m => m.Fate));
    }

    [Fact]
    public void The_smaller_of_two_limits_counts_and_what_is_too_much_goes_at_once()
    {
        _host.Queue("few", ("x-max-length", 1));
        _host.Queue("many", ("x-max-length", 9));
        _host.Queue("other");
        foreach (var queue in new[] { "few", "many", "other" }) _host.Send(queue, "1", "2", "3");

        _host.Virtual.SetPolicy("y$|w$", new() { MaxLength = 2 });

        Assert.Equal("3", _host.Drain("few"));
        Assert.Equal("2 3", _host.Drain("many"));
        Assert.Equal("1 2 3", _host.Drain("other"));
    }

    [Fact]
    public void A_dead_letter_exchange_of_a_policy_is_for_queues_that_have_none()
    {
        foreach (var queue in new[] { "dead", "own" }) _host.Queue(queue);
        _host.Virtual.SetPolicy("^q", new() { DeadLetterExchange = "", DeadLetterRoutingKey = "dead" });
        _host.Queue("q1");
        _host.Queue("q2", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "own"));
        _host.Send("q1", "1");
        _host.Send("q2", "2");

        foreach (var queue in new[] { "q1", "q2" }) _host.Channel.Reject(_host.Get(queue)!.Value.Tag, requeue: false);

        Assert.Equal(("1", "2"), (_host.Drain("dead"), _host.Drain("own")));
    }

    [Fact]
    public void A_delivery_limit_of_a_policy_ends_a_message_of_a_quorum_queue_earlier()
    {
        _host.Virtual.SetPolicy("q", new() { DeliveryLimit = 1 });
        _host.Queue("q", ("x-queue-type", "quorum"), ("x-delivery-limit", 5));
        _host.Send("q", "m");

        for (var time = 0; time < 2; time++) _host.Channel.Reject(_host.Get("q")!.Value.Tag, requeue: true);

        Assert.Equal(MessageFate.Dropped, Assert.Single(_host.Virtual.Inspection.History("q")).Fate);
    }

    [Fact]
    public void Of_several_the_highest_priority_applies_alone_and_what_is_removed_gives_nothing_more()
    {
        _host.Virtual.SetPolicy("q", new() { MaxLength = 1, Priority = 1 });
        _host.Virtual.SetPolicy(".*", new() { MaxLength = 2, Priority = 7 });
        _host.Queue("q");
        _host.Send("q", "1", "2", "3");
        Assert.Equal("2 3", _host.Drain("q"));

        Assert.True(_host.Virtual.RemovePolicy(".*"));
        _host.Send("q", "1", "2", "3");
        Assert.Equal("3", _host.Drain("q"));

        Assert.True(_host.Virtual.RemovePolicy("q"));
        Assert.False(_host.Virtual.RemovePolicy("q"));
        _host.Send("q", "1", "2", "3");
        Assert.Equal("1 2 3", _host.Drain("q"));
    }

    [Fact]
    public void An_unused_queue_goes_when_a_policy_says_so()
    {
        _host.Queue("q");
        _host.Clock.Advance(TimeSpan.FromHours(1));
        _host.Virtual.SetPolicy("q", new() { Expires = TimeSpan.FromMinutes(1) });

        _host.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(_host.Virtual.Inspection.Queue("q"));
    }
}
