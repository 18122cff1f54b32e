namespace Broker.Client.Testing.Tests.Core;

public sealed class DeliveringTests
{
    private readonly Host _host = new();

    public DeliveringTests() => _host.Queue("q");

    [Fact]
    public void A_returned_message_goes_to_its_original_place_and_is_marked()
    {
        _host.Send("q", "a", "b", "c");
        var a = _host.Get("q");
        var b = _host.Get("q");

        _host.Channel.Nack(b!.Value.Tag, multiple: false, requeue: true);
        _host.Channel.Reject(a!.Value.Tag, requeue: true);
        var first = _host.Get("q");

        Assert.Equal(("a", true, 2), (Host.Text(first), first!.Value.IsRedelivered, first.Value.MessageCount));
        Assert.Equal("b c", _host.Drain("q"));
    }

    [Fact]
    public void A_fresh_message_is_not_marked_as_redelivered()
    {
        _host.Send("q", "a");

        Assert.False(_host.Get("q")!.Value.IsRedelivered);
    }

    [Fact]
    public void An_unknown_or_doubled_tag_is_refused()
    {
        _host.Send("q", "a");
        _host.Channel.Ack(_host.Get("q")!.Value.Tag, multiple: false);

        Host.Fails(406, "PRECONDITION_FAILED - unknown delivery tag 1", () => _host.Channel.Ack(1, multiple: false));
        Host.Fails(406, "PRECONDITION_FAILED - unknown delivery tag 7", () => _host.Channel.Nack(7, true, true));
        Host.Fails(406, "PRECONDITION_FAILED - unknown delivery tag 0", () => _host.Channel.Reject(0, requeue: true));
        _host.Channel.Ack(0, multiple: true);
    }

    [Fact]
    public void Multiple_settles_all_up_to_the_tag_and_no_more()
    {
        _host.Send("q", "a", "b", "c", "d");
        var consumer = _host.Consume("q");

        _host.Channel.Ack(2, multiple: false);
        _host.Channel.Ack(3, multiple: true);

        Assert.Equal("a b c d", consumer.Bodies);
        Assert.Equal(["d"], _host.Virtual.Inspection.Messages("q")
            .Where(static m => m.Fate == MessageFate.Delivered).Select(static m => BodyOf(m)));
        Assert.Equal(["Acked", "Acked", "Acked", "Delivered"],
            _host.Virtual.Inspection.History("q").Select(static m => m.Fate.ToString()));
    }

    [Fact]
    public void Tag_zero_with_multiple_returns_everything_in_order()
    {
        _host.Send("q", "a", "b", "c");
        _host.Get("q");
        _host.Get("q");

        _host.Channel.Nack(0, multiple: true, requeue: true);

        Assert.Equal("a b c", _host.Drain("q"));
    }

    [Fact]
    public void Prefetch_bounds_what_is_unsettled_and_credit_brings_the_next()
    {
        _host.Send("q", "a", "b", "c");
        var consumer = _host.Consume("q", prefetch: 2);
        Assert.Equal("a b", consumer.Bodies);

        _host.Channel.Ack(1, multiple: false);

        Assert.Equal("a b c", consumer.Bodies);
    }

    [Fact]
    public void The_global_prefetch_is_shared_by_the_consumers_of_a_channel()
    {
        _host.Queue("p");
        _host.Channel.SetGlobalPrefetch(2);
        var one = _host.Consume("q");
        var two = _host.Consume("p");
        _host.Send("q", "a", "b", "c");
        _host.Send("p", "x");
        Assert.Equal(("a b", ""), (one.Bodies, two.Bodies));

        _host.Channel.Ack(2, multiple: true);

        Assert.Equal(("a b c", "x"), (one.Bodies, two.Bodies));
    }

    [Fact]
    public void Consumers_take_turns_and_one_without_credit_is_passed_over()
    {
        var one = _host.Consume("q", prefetch: 1);
        var two = _host.Consume("q");

        _host.Send("q", "a", "b", "c", "d");

        Assert.Equal(("a", "b c d"), (one.Bodies, two.Bodies));
    }

    [Fact]
    public void Consume_ok_comes_before_the_first_delivery()
    {
        _host.Send("q", "a");

        var consumer = _host.Consume("q");

        Assert.Equal(["started", "delivered"], consumer.Events);
    }

    [Fact]
    public void What_a_cancelled_consumer_holds_stays_with_its_channel_until_that_ends()
    {
        _host.Send("q", "a", "b");
        var consumer = _host.Consume("q", prefetch: 1);

        _host.Virtual.Cancel(consumer.Subscription);
        Assert.Equal("b", _host.Drain("q"));
        _host.Virtual.CloseChannel(_host.Channel);

        var view = Assert.Single(_host.Virtual.Inspection.Messages("q"));
        Assert.Equal(("a", true), (BodyOf(view), view.IsRedelivered));
    }

    [Fact]
    public void Deleting_a_queue_cancels_its_consumers_and_their_tags_stay_valid()
    {
        _host.Send("q", "a");
        var consumer = _host.Consume("q");

        _host.Virtual.DeleteQueue("q", ifUnused: false, ifEmpty: false, _host.Connection, static _ => { });
        _host.Channel.Ack(1, multiple: false);

        Assert.Equal("cancelled", consumer.Events[^1]);
        Assert.Equal(MessageFate.Deleted, Assert.Single(_host.Virtual.Inspection.History("q")).Fate);
    }

    [Fact]
    public void The_broker_can_cancel_the_consumers_and_keep_the_queue()
    {
        var consumer = _host.Consume("q");

        _host.Virtual.CancelConsumers("q");
        _host.Send("q", "a");

        Assert.Equal(["started", "cancelled"], consumer.Events);
        Assert.Equal("a", _host.Drain("q"));
    }

    [Fact]
    public void The_history_forgets_the_oldest_when_it_is_full()
    {
        using var small = new VirtualHost("/", RabbitProfile.V4_3, TimeProvider.System, historyLimit: 2);
        var channel = small.OpenChannel(this);
        small.DeclareQueue(new("q"), this);

        for (byte i = 0; i < 3; i++)
        {
            small.Publish("", "q", MessageProperties.None, new byte[] { i });
            small.Get(channel, "q", noAck: true);
        }

        Assert.Equal([1, 2], small.Inspection.History("q").Select(static m => (int)m.Body.Span[0]));
    }

    [Fact]
    public void An_auto_delete_queue_goes_with_its_last_consumer_and_not_before()
    {
        _host.Virtual.DeclareQueue(new("auto") { AutoDelete = true }, _host.Connection);
        var one = _host.Consume("auto");
        var two = _host.Consume("auto");

        _host.Virtual.Cancel(one.Subscription);
        Assert.NotNull(_host.Virtual.Inspection.Queue("auto"));
        _host.Virtual.Cancel(two.Subscription);

        Assert.Null(_host.Virtual.Inspection.Queue("auto"));
    }

    [Fact]
    public void Exclusive_consumers_and_doubled_tags_are_refused()
    {
        var consumer = _host.Consume("q", tag: "t", exclusive: true);

        Host.Fails(403, "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use", () => _host.Consume("q"));
        Host.Fails(530, "NOT_ALLOWED - attempt to reuse consumer tag 't'", () => _host.Consume("q", tag: "t"));
        _host.Virtual.Cancel(consumer.Subscription);
        _host.Consume("q", tag: "t");
    }

    [Fact]
    public void No_ack_takes_tags_but_leaves_nothing_to_settle()
    {
        var consumer = _host.Consume("q", noAck: true, prefetch: 1);

        _host.Send("q", "a", "b");

        Assert.Equal([1ul, 2ul], consumer.Deliveries.Select(static d => d.Tag));
        Assert.Equal(0, _host.Channel.Count);
        Host.Fails(406, "PRECONDITION_FAILED - unknown delivery tag 1", () => _host.Channel.Ack(1, multiple: false));
    }

    [Fact]
    public void A_paused_channel_gets_nothing_until_it_is_active()
    {
        var consumer = _host.Consume("q");
        _host.Channel.SetActive(false);
        _host.Send("q", "a");
        Assert.Equal("", consumer.Bodies);

        _host.Channel.SetActive(true);

        Assert.Equal("a", consumer.Bodies);
    }

    [Fact]
    public void Purging_takes_what_is_ready_and_leaves_what_is_delivered()
    {
        _host.Send("q", "a", "b");
        _host.Get("q");

        var purged = _host.Virtual.PurgeQueue("q", _host.Connection);

        Assert.Equal(1, purged);
        Assert.Equal(1, _host.Virtual.Inspection.Queue("q")!.Unacked);
    }

    [Fact]
    public async Task Waiting_for_an_empty_queue_ends_with_the_last_ack()
    {
        _host.Send("q", "a");
        _host.Consume("q");
        var empty = _host.Virtual.Changes.UntilAsync(
            () => _host.Virtual.Inspection.Queue("q") is { Ready: 0, Unacked: 0 }, CancellationToken.None);
        Assert.False(empty.IsCompleted);

        _host.Channel.Ack(1, multiple: false);

        await empty.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static string BodyOf(QueueMessage message) => message.GetText();
}
