namespace Broker.Client.Testing.Tests.Core;

/// <summary>What RabbitMQ 4.3 makes of x-delayed-retry-*, as it was seen there.</summary>
public sealed class DelayedRetryTests
{
    private readonly Host _host = new();

    [Theory]
    [InlineData("failed", "reject", true)]
    [InlineData("failed", "nack", false)]
    [InlineData("failed", "close", true)]
    [InlineData("returned", "reject", false)]
    [InlineData("returned", "nack", true)]
    [InlineData("all", "reject", true)]
    [InlineData("all", "nack", true)]
    [InlineData("disabled", "reject", false)]
    public void What_comes_back_waits_where_the_type_says_so(string type, string how, bool waits)
    {
        Declare(type);
        Return(how);

        Assert.Equal(waits ? 0 : 1, _host.Virtual.Inspection.Queue("q")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(699));
        Assert.Equal(waits ? 0 : 1, _host.Virtual.Inspection.Queue("q")!.Ready);
        _host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Ready);
    }

    [Fact]
    public void Each_failure_waits_longer_up_to_the_maximum()
    {
        Declare("failed");

        foreach (var delay in new[] { 700, 1400, 1500, 1500 })
        {
            Return("reject");
            _host.Clock.Advance(TimeSpan.FromMilliseconds(delay - 1));
            Assert.Null(_host.Get("q"));
            _host.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public void What_waits_is_purged_and_shown_and_goes_to_a_consumer_when_it_may()
    {
        Declare("failed");
        Return("reject");
        Assert.Equal("m", Assert.Single(_host.Virtual.Inspection.Messages("q")).GetText());
        Assert.Equal(1, _host.Virtual.PurgeQueue("q", _host.Connection));

        _host.Send("q", "n");
        Return("reject");
        var consumer = _host.Consume("q");
        _host.Clock.Advance(TimeSpan.FromMilliseconds(700));

        Assert.Equal("n", consumer.Bodies);
    }

    [Fact]
    public void To_an_existing_queue_it_cannot_be_added_and_classic_queues_have_none()
    {
        _host.Queue("q", ("x-queue-type", "quorum"));

        Host.Fails(406, "PRECONDITION_FAILED - inequivalent arg 'x-delayed-retry-type' for queue 'q' in vhost '/': received the value "
            + "'failed' of type 'longstr' but current is none", () => Declare("failed"));
        Host.Fails(406, "PRECONDITION_FAILED - invalid arg 'x-delayed-retry-type' for queue 'c' in vhost '/' of queue type "
            + "rabbit_classic_queue", () => _host.Queue("c", ("x-delayed-retry-type", "failed")));
    }

    [Fact]
    public void Before_4_3_all_of_it_is_overlooked()
    {
        var host = new Host(RabbitProfile.V4_0);
        host.Queue("q", ("x-queue-type", "quorum"), ("x-delayed-retry-type", "all"), ("x-delayed-retry-min", 700));
        host.Send("q", "m");

        host.Channel.Reject(host.Get("q")!.Value.Tag, requeue: true);

        Assert.NotNull(host.Get("q"));
    }

    private void Declare(string type)
    {
        _host.Queue("q", ("x-queue-type", "quorum"), ("x-delayed-retry-type", type), ("x-delayed-retry-min", 700),
            ("x-delayed-retry-max", 1500));
        _host.Send("q", "m");
    }

    private void Return(string how)
    {
        var channel = _host.Virtual.OpenChannel(_host.Connection);
        var tag = _host.Virtual.Get(channel, "q", noAck: false)!.Value.Tag;
        if (how == "reject") channel.Reject(tag, requeue: true);
        else if (how == "nack") channel.Nack(tag, multiple: false, requeue: true);
        else _host.Virtual.CloseChannel(channel);
    }
}
