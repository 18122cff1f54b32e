using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class PublishBacklogTests
{
    private readonly PublishBacklog _backlog = new(windowMessages: 2, windowBytes: 100);
    private readonly Publishes _publishes = new();
    private readonly object _wire = new();

    public PublishBacklogTests() => _backlog.Attach(_wire);

    [Fact]
    public void Messages_are_written_in_the_order_of_the_calls()
    {
        var (first, second) = (Add(), Add());

        Assert.Same(first, _backlog.Next(alone: false));
        Assert.Same(first, _backlog.Next(alone: false));
        Write(first);

        Assert.Same(second, _backlog.Next(alone: false));
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
        Assert.Null(_backlog.Next(alone: false));

        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Same(third, _backlog.Next(alone: false));
    }

    [Fact]
    public void Alone_a_message_waits_until_nothing_is_on_the_wire()
    {
        Write(Add());
        var second = Add();
        Assert.Null(_backlog.Next(alone: true));

        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Same(second, _backlog.Next(alone: true));
    }

    [Fact]
    public void A_message_that_has_ended_is_passed_over()
    {
        var (ended, next) = (Add(), Add());
        ended.GiveUp("late");

        Assert.Same(next, _backlog.Next(alone: false));
    }

    [Fact]
    public void A_message_that_ends_between_its_turn_and_its_writing_takes_no_number()
    {
        var ended = Add();
        Assert.Same(ended, _backlog.Next(alone: false));
        ended.GiveUp("late");

        Assert.Null(_backlog.TryRegister(ended, now: 0));

        Assert.True(_backlog.IsEmpty);
        Assert.Equal(1ul, _backlog.TryRegister(Add(), now: 0));
    }

    [Fact]
    public void A_message_that_the_sweeper_has_removed_takes_no_others_place()
    {
        var (removed, next) = (Add(), Add());
        removed.GiveUp("late");
        _backlog.Sweep(static _ => { });

        Assert.Null(_backlog.TryRegister(removed, now: 0));

        Assert.Same(next, _backlog.Next(alone: false));
    }

    [Fact]
    public async Task A_number_that_is_taken_back_goes_to_the_next_message()
    {
        var number = Write(Add());

        _backlog.Unregister(number);
        var next = Add();
        Assert.Equal(number, Write(next));
        _backlog.Settle(_wire, number, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(next));
    }

    [Fact]
    public void A_dropped_message_is_gone_from_its_place()
    {
        var (dropped, next) = (Add(), Add());

        _backlog.Drop(dropped);

        Assert.False(dropped.HasEnded);
        Assert.Same(next, _backlog.Next(alone: false));
    }

    [Fact]
    public void A_sweep_sees_everything_and_tells_how_old_the_wire_is()
    {
        var (first, second, third) = (Add(), Add(), Add());
        Assert.Null(_backlog.Sweep(static _ => { }));
        _backlog.TryRegister(first, now: 42);
        _backlog.PutFirst(_backlog.TakeUnconfirmed(out _));
        _backlog.Attach(_wire);
        _backlog.TryRegister(first, now: 43);
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

        _backlog.MarkReturned(_wire, 1, 312, "late");
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

        _backlog.MarkReturned(_wire, 1, 312, "NO_ROUTE");
        _backlog.Settle(_wire, 1, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Returned, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public void Closed_it_takes_nothing_more_and_keeps_what_it_has()
    {
        var kept = Add();

        _backlog.Close();

        Assert.False(_backlog.TryAdd(_publishes.New()));
        Assert.Same(kept, _backlog.Next(alone: false));
    }

    private PendingPublish Add()
    {
        var publish = _publishes.New();
        Assert.True(_backlog.TryAdd(publish));
        return publish;
    }

    private ulong Write(PendingPublish publish) => Assert.NotNull(_backlog.TryRegister(publish, now: 0));

    private List<PendingPublish> DrainInOrder()
    {
        _backlog.Attach(_wire);
        var order = new List<PendingPublish>();
        while (_backlog.Next(alone: false) is { } next)
        {
            order.Add(next);
            _backlog.Settle(_wire, Write(next), multiple: false, accepted: true);
        }

        return order;
    }
}
