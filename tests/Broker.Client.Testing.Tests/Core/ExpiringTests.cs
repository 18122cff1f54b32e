namespace Broker.Client.Testing.Tests.Core;

public sealed class ExpiringTests
{
    private readonly Host _host = new();

    [Fact]
    public void A_message_expires_by_the_shorter_of_its_own_time_and_the_queue_s()
    {
        _host.Queue("q", ("x-message-ttl", 1000));
        _host.Publish("", "q", "short", new() { Expiration = "100" });
        _host.Publish("", "q", "long", new() { Expiration = "5000" });

        _host.Clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(899));
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(0, _host.Virtual.Inspection.Queue("q")!.Ready);
        Assert.All(_host.Virtual.Inspection.History("q"), static m => Assert.Equal(MessageFate.Expired, m.Fate));
    }

    [Fact]
    public void A_time_to_live_longer_than_any_timer_is_kept_too()
    {
        _host.Queue("q");
        _host.Publish("", "q", "m", new() { Expiration = "5000000000" });
        _host.Queue("ever");
        _host.Publish("", "ever", "m", new() { Expiration = "999999999999999999" });

        _host.Clock.Advance(TimeSpan.FromDays(50));
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Ready);
        _host.Clock.Advance(TimeSpan.FromDays(8));

        Assert.Equal(0, _host.Virtual.Inspection.Queue("q")!.Ready);
        Assert.Equal(1, _host.Virtual.Inspection.Queue("ever")!.Ready);
    }

    [Fact]
    public void An_expired_message_waits_behind_one_that_lives()
    {
        _host.Queue("q");
        _host.Publish("", "q", "lives");
        _host.Publish("", "q", "old", new() { Expiration = "10" });

        _host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _host.Virtual.Inspection.Queue("q")!.Ready);

        Assert.Equal("lives", _host.Drain("q"));
    }

    [Fact]
    public void Time_to_live_zero_reaches_a_waiting_consumer_or_nobody()
    {
        _host.Queue("q", ("x-message-ttl", 0));
        _host.Send("q", "lost");
        var consumer = _host.Consume("q");

        _host.Send("q", "seen");

        Assert.Equal("seen", consumer.Bodies);
    }

    [Theory]
    [InlineData("a", "no_integer")]
    [InlineData("", "no_integer")]
    [InlineData("-1", "{value_negative,-1}")]
    [InlineData("1.5", "{leftover_string,\".5\"}")]
    [InlineData("100 ", "{leftover_string,\" \"}")]
    public void A_bad_expiration_is_refused_with_the_broker_s_words(string expiration, string reason) =>
        Host.Fails(406, $"PRECONDITION_FAILED - invalid expiration '{expiration}': {reason}",
            () => _host.Publish("", "q", "m", new() { Expiration = expiration }));

    [Fact]
    public void A_queue_that_nobody_uses_expires_and_use_starts_its_time_again()
    {
        _host.Queue("q", ("x-expires", 1000));
        _host.Clock.Advance(TimeSpan.FromMilliseconds(900));
        _host.Get("q");
        _host.Clock.Advance(TimeSpan.FromMilliseconds(900));
        var consumer = _host.Consume("q");
        _host.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(_host.Virtual.Inspection.Queue("q"));

        _host.Virtual.Cancel(consumer.Subscription);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(1000));

        Assert.Null(_host.Virtual.Inspection.Queue("q"));
    }
}
