namespace Broker.Client.Testing.Tests.Core;

/// <summary>x-dead-letter-strategy at-least-once, as it was seen on the real brokers.</summary>
public sealed class AtLeastOnceTests
{
    private readonly Host _host = new();

    [Fact]
    public void What_no_queue_takes_is_kept_takes_room_and_is_tried_again_after_a_while()
    {
        Declare(_host);
        _host.Send("q", "1", "2", "3");
        Reject(_host, 2);
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Ready);
        Assert.Equal(3, _host.Virtual.Inspection.Messages("q").Count);
        Assert.False(_host.Publish("", "q", "4").IsRejected);
        Assert.True(_host.Publish("", "q", "5").IsRejected);

        _host.Queue("dead");
        _host.Bind("dead", "e");
        Assert.Equal(0, _host.Virtual.Inspection.Queue("dead")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal("1 2", _host.Drain("dead"));
        Assert.Equal(2, _host.Virtual.Inspection.Messages("q").Count);
        Assert.False(_host.Publish("", "q", "6").IsRejected);
    }

    [Fact]
    public void What_a_queue_takes_goes_at_once_and_what_it_refuses_is_kept()
    {
        Declare(_host);
        _host.Queue("dead", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        _host.Bind("dead", "e");
        _host.Send("q", "1", "2");

        Reject(_host, 2);
        Assert.Equal("1", _host.Drain("dead"));
        _host.Clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal("2", _host.Drain("dead"));
        Assert.All(_host.Virtual.Inspection.History("q"), static message => Assert.Equal(MessageFate.DeadLettered, message.Fate));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_purge_takes_what_is_kept_since_4_3(bool is43, int purged)
    {
        var host = new Host(is43 ? RabbitProfile.V4_3 : RabbitProfile.V4_0);
        Declare(host);
        host.Send("q", "1", "2");
        Reject(host, 1);

        Assert.Equal(purged, host.Virtual.PurgeQueue("q", host.Connection));
        Assert.Equal(is43 ? 0 : 1, host.Virtual.Inspection.Messages("q").Count);
    }

    [Fact]
    public void Without_refusing_what_is_too_much_it_is_at_most_once()
    {
        _host.Exchange("e", "fanout");
        _host.Queue("q", ("x-queue-type", "quorum"), ("x-dead-letter-exchange", "e"), ("x-dead-letter-strategy", "at-least-once"));
        _host.Send("q", "1");

        Reject(_host, 1);

        Assert.Empty(_host.Virtual.Inspection.Messages("q"));
    }

    [Fact]
    public void Another_strategy_is_refused() => Host.Fails(406,
        "PRECONDITION_FAILED - invalid arg 'x-dead-letter-strategy' for queue 'q' in vhost '/': invalid_dlx_strategy",
        () => _host.Queue("q", ("x-queue-type", "quorum"), ("x-dead-letter-strategy", "bogus")));

    private static void Declare(Host host)
    {
        host.Exchange("e", "fanout");
        host.Queue("q", ("x-queue-type", "quorum"), ("x-dead-letter-exchange", "e"), ("x-dead-letter-strategy", "at-least-once"),
            ("x-overflow", "reject-publish"), ("x-max-length", 3));
    }

    private static void Reject(Host host, int count)
    {
        for (var i = 0; i < count; i++) host.Channel.Reject(host.Get("q")!.Value.Tag, requeue: false);
    }
}
