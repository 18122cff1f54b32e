namespace Broker.Client.Testing.Tests.Core;

public sealed class RoutingTests
{
    private readonly Host _host = new();

    [Theory]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*", "a.b.c", false)]
    [InlineData("#", "", true)]
    [InlineData("a.#", "a", true)]
    [InlineData("#.c", "a.b.c", true)]
    [InlineData("#.b.#.d", "a.b.c.b.d", true)]
    [InlineData("#.b.*", "a.b.b", true)]
    [InlineData("*.#.*", "a", false)]
    [InlineData("*", "", false)]
    [InlineData("a#", "ab", false)]
    public void A_topic_matches_by_words(string pattern, string key, bool expected)
    {
        _host.Queue("q");
        _host.Bind("q", "amq.topic", pattern);

        var result = _host.Publish("amq.topic", key, "m");

        Assert.Equal(expected ? 1 : 0, result.Routed);
    }

    [Theory]
    [InlineData("all", "1", null, false)]
    [InlineData("all", "1", "2", true)]
    [InlineData("any", "1", null, true)]
    [InlineData("any", "9", null, false)]
    [InlineData("any-with-x", "9", null, true)]
    [InlineData("all-with-x", "1", "2", true)]
    public void Headers_match_all_or_any_and_x_only_when_asked(string kind, string a, string? b, bool expected)
    {
        _host.Queue("q");
        _host.Bind("q", "amq.headers", "", ("x-match", kind), ("a", "1"), ("b", "2"), ("x-c", "3"));
        var headers = Host.Args(("a", a), ("x-c", "3"));
        if (b is not null) headers["b"] = b;

        var result = _host.Publish("amq.headers", "", "m", new() { Headers = headers });

        Assert.Equal(expected ? 1 : 0, result.Routed);
    }

    [Fact]
    public void A_bad_x_match_is_refused_with_the_broker_s_words()
    {
        _host.Queue("q");

        Host.Fails(406,
            "PRECONDITION_FAILED - Invalid x-match field value <<\"bogus\">>; expected all, any, "
                + "all-with-x, or any-with-x",
            () => _host.Bind("q", "amq.headers", "", ("x-match", "bogus")));
    }

    [Fact]
    public void A_queue_reached_on_two_ways_gets_one_message()
    {
        _host.Queue("q");
        _host.Exchange("x", "fanout");
        _host.Virtual.BindExchange("x", "amq.topic", "#", Host.Args());
        _host.Bind("q", "x");
        _host.Bind("q", "amq.topic", "a.*");
        _host.Bind("q", "amq.topic", "a.*");

        _host.Publish("amq.topic", "a.b", "m");

        Assert.Equal("m", _host.Drain("q"));
    }

    [Fact]
    public void Exchanges_bound_in_a_circle_end()
    {
        _host.Exchange("x", "fanout");
        _host.Exchange("y", "fanout");
        _host.Virtual.BindExchange("x", "y", "", Host.Args());
        _host.Virtual.BindExchange("y", "x", "", Host.Args());

        Assert.True(_host.Publish("x", "", "m").IsUnroutable);
    }

    [Fact]
    public void The_alternate_exchange_gets_what_goes_nowhere()
    {
        _host.Exchange("spare", "fanout");
        _host.Exchange("x", "direct", ("alternate-exchange", "spare"));
        _host.Queue("q");
        _host.Queue("lost");
        _host.Bind("q", "x", "k");
        _host.Bind("lost", "spare");

        _host.Publish("x", "k", "1");
        _host.Publish("x", "other", "2");

        Assert.Equal(("1", "2"), (_host.Drain("q"), _host.Drain("lost")));
    }

    [Fact]
    public void Carbon_copies_go_to_their_keys_and_the_blind_header_is_removed()
    {
        _host.Queue("a");
        _host.Queue("b");
        _host.Queue("c");
        var headers = Host.Args(("CC", new List<object?> { "b" }), ("BCC", new List<object?> { "c" }));

        var result = _host.Publish("", "a", "m", new() { Headers = headers });

        Assert.Equal(3, result.Routed);
        Assert.Equal(["CC"], _host.Get("c")!.Value.Properties.Headers!.Keys);
    }

    [Fact]
    public void A_copy_header_that_is_no_list_is_refused() => Host.Fails(406,
        "PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,\"CC\",longstr}",
        () => _host.Publish("", "a", "m", new() { Headers = Host.Args(("CC", "x")) }));

    [Fact]
    public void Internal_and_unknown_exchanges_refuse_a_publish()
    {
        _host.Virtual.DeclareExchange(new("i", "direct") { Internal = true });

        Host.Fails(403, "ACCESS_REFUSED - cannot publish to internal exchange 'i' in vhost '/'",
            () => _host.Publish("i", "k", "m"));
        Host.Fails(404, "NOT_FOUND - no exchange 'nope' in vhost '/'", () => _host.Publish("nope", "k", "m"));
    }

    [Fact]
    public void An_auto_delete_exchange_goes_with_its_last_binding()
    {
        _host.Virtual.DeclareExchange(new("x", "direct") { AutoDelete = true });
        _host.Queue("q");
        _host.Bind("q", "x", "a");
        _host.Bind("q", "x", "b");

        _host.Virtual.UnbindQueue("q", "x", "a", Host.Args(), _host.Connection);
        _host.Virtual.CheckExchange("x");
        _host.Virtual.DeleteQueue("q", ifUnused: false, ifEmpty: false, _host.Connection, static _ => { });

        Host.Fails(404, "NOT_FOUND - no exchange 'x' in vhost '/'", () => _host.Virtual.CheckExchange("x"));
    }
}
