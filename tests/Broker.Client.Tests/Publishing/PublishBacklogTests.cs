using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class PublishBacklogTests
{
    private readonly PublishBacklog _backlog = new(windowMessages: 2, windowBytes: 100);
    private readonly Publishes _publishes = new();
    private readonly HashSet<string> _known = [""];
    private readonly object _wire = new();

    public PublishBacklogTests() => _backlog.Attach(_wire);

    [Fact]
    public void Messages_are_written_in_the_order_of_the_calls()
    {
        var (first, second) = (Add(), Add());

        Assert.Equal(1ul, Write(first));

        Assert.Equal(2ul, Write(second));
    }

    [Fact]
    public void What_was_lost_with_a_channel_goes_first_and_in_its_old_order()
    {
        var (first, second, third) = (Add(), Add(), Add());
        Write(first);
        Write(second);

        var lost = _backlog.TakeUnconfirmed(out _);
        _backlog.PutFirst(lost);

        Assert.Equal([first, second], lost);
        Assert.Equal([first, second, third], DrainInOrder());
    }

    [Fact]
    public void What_is_lost_a_second_time_goes_before_what_is_still_to_be_sent_again()
    {
        var (first, second, third) = (Add(), Add(), Add());
        Write(first);
        Write(second);
        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));
        _backlog.Attach(_wire);
        Write(first);

        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));

        Assert.Equal([first, second, third], DrainInOrder());
    }

    [Fact]
    public void A_full_window_holds_the_next_message_until_a_confirm()
    {
        Write(Add());
        Write(Add());
        var third = Add();
        Assert.Null(Next());

        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Same(third, Next()?.Publish);
    }

    [Fact]
    public void Alone_a_message_waits_until_nothing_is_on_the_wire()
    {
        Write(Add());
        var second = Add();
        Assert.Null(Next(alone: true));

        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Same(second, Next(alone: true)?.Publish);
    }

    [Fact]
    public void A_message_that_has_ended_is_passed_over()
    {
        var (ended, next) = (Add(), Add());
        ended.GiveUp("late");

        Assert.Same(next, Next()?.Publish);
    }

    [Fact]
    public async Task A_message_that_could_not_be_written_ends_and_its_number_goes_to_the_next()
    {
        var refused = Add();
        var number = Write(refused);

        _backlog.TakeBack(number, "no such character", new InvalidOperationException("inner"));
        var next = Add();
        Assert.Equal(number, Write(next));
        _backlog.Settle(_wire, number, multiple: false, accepted: true);

        var result = await _publishes.ResultOf(refused);
        Assert.Equal((PublishOutcome.NotSent, "no such character"), (result.Outcome, result.ReplyText));
        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(next));
    }

    [Fact]
    public void The_first_message_to_an_unknown_exchange_keeps_its_place_until_it_was_looked_up()
    {
        var first = Add("events");
        var second = Add();

        Assert.Equal(new PublishTurn(null, 0, "events"), Next());
        Assert.Equal(new PublishTurn(null, 0, "events"), Next());
        _known.Add("events");

        Assert.Equal(new PublishTurn(first, 1, null), Next());
        Assert.Equal(new PublishTurn(second, 2, null), Next());
    }

    [Fact]
    public async Task A_message_to_an_exchange_that_does_not_exist_is_refused_and_no_other()
    {
        var (first, second) = (Add("missing"), Add());

        _backlog.RefuseFirst("missing", 404, "no such exchange");
        _backlog.RefuseFirst("missing", 404, "no such exchange");

        var result = await _publishes.ResultOf(first);
        Assert.Equal((PublishOutcome.Rejected, 404), (result.Outcome, result.ReplyCode));
        Assert.Same(second, Next()?.Publish);
    }

    [Fact]
    public async Task A_nack_rejects_with_a_reason()
    {
        var publish = Add();

        _backlog.Settle(_wire, Write(publish), multiple: false, accepted: false);

        var result = await _publishes.ResultOf(publish);
        Assert.Equal((PublishOutcome.Rejected, 0), (result.Outcome, result.ReplyCode));
        Assert.Contains("basic.nack", result.ReplyText, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_sees_everything_and_tells_how_old_the_wire_is()
    {
        var (first, second, third) = (Add(), Add(), Add());
        Assert.Null(_backlog.Sweep(static _ => { }));
        Assert.Same(first, Next(now: 42)?.Publish);
        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));
        _backlog.Attach(_wire);
        Assert.Same(first, Next(now: 43)?.Publish);
        Assert.Equal(2, first.Attempts);
        var seen = new HashSet<PendingPublish>();

        var oldest = _backlog.Sweep(publish => seen.Add(publish));

        Assert.Equal((43, _wire), oldest);
        Assert.Equal([first, second, third], seen.OrderBy(publish => publish == first ? 0 : publish == second ? 1 : 2));
    }

    [Fact]
    public void It_is_recovering_until_what_a_channel_lost_is_confirmed()
    {
        var first = Add();
        Write(first);
        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));
        Assert.True(_backlog.IsRecovering);
        _backlog.Attach(_wire);
        Write(first);
        Assert.True(_backlog.IsRecovering);

        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.False(_backlog.IsRecovering);
        Assert.True(_backlog.IsEmpty);
    }

    [Fact]
    public async Task Given_up_everything_ends_and_the_wire_keeps_its_numbers()
    {
        var (written, queued) = (Add(), Add());
        Write(written);

        _backlog.GiveUpAll("over", new ObjectDisposedException("client"));

        Assert.Equal((PublishOutcome.Unknown, PublishOutcome.NotSent), (await _publishes.OutcomeOf(written), await _publishes.OutcomeOf(queued)));
        Assert.False(_backlog.HasQueued);
        Assert.False(_backlog.IsEmpty);
        _backlog.Settle(_wire, 1, multiple: false, accepted: true);
        Assert.True(_backlog.IsEmpty);
    }

    [Fact]
    public async Task What_a_channel_tells_after_it_was_given_up_is_not_heard()
    {
        var (first, second) = (Add(), Add());
        Write(first);
        Write(second);
        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));
        var next = new object();
        _backlog.Attach(next);
        Write(first);
        Write(second);

        _backlog.MarkReturned(_wire, 1, "", 312, "late");
        _backlog.Settle(_wire, 2, multiple: true, accepted: true);

        Assert.False(first.HasEnded);
        Assert.False(second.HasEnded);
        _backlog.Settle(next, 2, multiple: true, accepted: true);
        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(first));
    }

    [Fact]
    public async Task A_return_is_told_with_the_confirm()
    {
        var publish = Add();
        Write(publish);

        _backlog.MarkReturned(_wire, 1, "", 312, "NO_ROUTE");
        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Returned, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public void Closed_it_takes_nothing_more_and_keeps_what_it_has()
    {
        var kept = Add();

        _backlog.Close();

        Assert.False(_backlog.TryAdd(_publishes.New()));
        Assert.Same(kept, Next()?.Publish);
    }

    [Fact]
    public async Task What_has_ended_is_used_again_by_the_next_caller()
    {
        var pool = new PublishPool(capacity: 4);
        PendingPublish? last = null;
        for (var each = 0; each < 4; each++)
        {
            var publish = pool.Rent().Prepare(new Publication("", "queue", new Message()), throws: true, 0, long.MaxValue);
            var result = publish.Start(CancellationToken.None);
            Assert.True(_backlog.TryAdd(publish));
            _backlog.Settle(_wire, Write(publish), multiple: false, accepted: true);

            Assert.True(last is null || last == publish);
            Assert.Equal(publish.MessageId, (await result).MessageId);
            last = publish;
        }
    }

    private PendingPublish Add(string exchange = "")
    {
        var publish = _publishes.New(new Message(), exchange);
        Assert.True(_backlog.TryAdd(publish));
        return publish;
    }

    private PublishTurn? Next(bool alone = false, long now = 0) => _backlog.Next(alone, _known, now);

    /// <summary>The turn is this message's.</summary>
    private ulong Write(PendingPublish publish)
    {
        var turn = Assert.NotNull(Next());
        Assert.Same(publish, turn.Publish);
        return turn.Number;
    }

    private List<PendingPublish> DrainInOrder()
    {
        _backlog.Attach(_wire);
        var order = new List<PendingPublish>();
        while (Next() is { Publish: { } next, Number: var number })
        {
            order.Add(next);
            _backlog.Settle(_wire, number, multiple: false, accepted: true);
        }

        return order;
    }
}
