using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class ConfirmTrackerTests
{
    private readonly PublishWindow _window = new(messages: 8, bytes: 1000);
    private readonly ConfirmTracker _tracker;
    private readonly Publishes _publishes = new();

    public ConfirmTrackerTests() => _tracker = new ConfirmTracker(capacity: 16, _window);

    [Fact]
    public void Numbers_begin_at_one_and_follow_the_writes()
    {
        Assert.Equal([1ul, 2ul, 3ul], [Register(out _), Register(out _), Register(out _)]);
    }

    [Fact]
    public async Task Confirms_in_order_end_one_publish_each()
    {
        Register(out var first);
        Register(out var second);

        Settle(1, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(first));
        Assert.False(second.HasEnded);
        Assert.Same(second, _tracker.Oldest);
        Assert.Equal(1, _tracker.Count);
    }

    [Fact]
    public async Task Confirms_out_of_order_end_their_own_publish()
    {
        Register(out var first);
        Register(out var second);
        Register(out var third);

        Settle(3, multiple: false, accepted: true);
        Settle(2, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(third));
        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(second));
        Assert.False(first.HasEnded);
        Assert.Same(first, _tracker.Oldest);
    }

    [Fact]
    public async Task A_multiple_confirm_ends_all_up_to_its_number_and_none_beyond()
    {
        Register(out var first);
        Register(out var second);
        Register(out var third);

        Settle(2, multiple: true, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(first));
        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(second));
        Assert.False(third.HasEnded);
        Assert.Equal(1, _tracker.Count);
    }

    [Fact]
    public async Task A_multiple_confirm_passes_over_those_that_were_confirmed_alone()
    {
        Register(out var first);
        Register(out var second, bytes: 10);
        Register(out var third);

        Settle(2, multiple: false, accepted: true);
        Settle(3, multiple: true, accepted: false);

        Assert.Equal(PublishOutcome.Rejected, await _publishes.OutcomeOf(first));
        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(second));
        Assert.Equal(PublishOutcome.Rejected, await _publishes.OutcomeOf(third));
        Assert.Equal((0, 0L), (_window.Messages, _window.Bytes));
    }

    [Fact]
    public void A_confirm_of_a_number_that_is_not_out_yet_is_ignored()
    {
        Register(out var publish);

        Settle(2, multiple: false, accepted: true);
        Settle(ulong.MaxValue, multiple: false, accepted: true);
        Settle(0, multiple: false, accepted: true);
        Settle(1 + 16, multiple: false, accepted: true); // the same place in the ring

        Assert.False(publish.HasEnded);
        Assert.Equal(2ul, Register(out _));
    }

    [Fact]
    public async Task A_multiple_confirm_beyond_what_is_out_ends_what_is_out()
    {
        Register(out var publish);

        Settle(ulong.MaxValue, multiple: true, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(publish));
        Assert.Equal(2ul, Register(out var next));
        Assert.False(next.HasEnded);
    }

    [Fact]
    public void A_second_confirm_of_one_number_changes_nothing()
    {
        Register(out _, bytes: 5);
        Register(out var second, bytes: 7);
        Settle(1, multiple: false, accepted: true);

        Settle(1, multiple: false, accepted: true);
        Settle(1, multiple: true, accepted: false);

        Assert.False(second.HasEnded);
        Assert.Equal((1, 7L), (_window.Messages, _window.Bytes));
    }

    [Fact]
    public void A_late_confirm_does_not_hit_the_publish_that_took_its_place_in_the_ring()
    {
        for (var each = 0; each < 16; each++)
        {
            var number = Register(out _);
            Settle(number, multiple: false, accepted: true);
        }

        Register(out var next); // number 17, in the place of number 1
        Settle(1, multiple: false, accepted: false);

        Assert.False(next.HasEnded);
    }

    [Fact]
    public void A_straggler_holds_the_ring_and_gives_it_back()
    {
        Register(out _);
        for (var number = 2ul; number <= 16; number++)
        {
            Assert.True(_tracker.HasRoom);
            Register(out _);
            Settle(number, multiple: false, accepted: true);
        }

        Assert.False(_tracker.HasRoom);
        Assert.Equal(1, _tracker.Count);
        Settle(1, multiple: false, accepted: true);

        Assert.True(_tracker.HasRoom);
        Assert.Null(_tracker.Oldest);
        Assert.Equal(17ul, Register(out _));
    }

    [Fact]
    public async Task A_message_that_came_back_before_its_confirm_is_returned()
    {
        Register(out var publish);

        _tracker.MarkReturned(1, 312, "NO_ROUTE");
        Assert.False(publish.HasEnded);
        Settle(1, multiple: true, accepted: true);

        Assert.Equal(new PublishResult(PublishOutcome.Returned, publish.MessageId, 312, "NO_ROUTE"), await _publishes.ResultOf(publish));
    }

    [Fact]
    public async Task A_return_of_an_unknown_number_marks_nothing()
    {
        Register(out _);
        Register(out var publish);
        Settle(1, multiple: false, accepted: true);

        _tracker.MarkReturned(1, 312, "NO_ROUTE");
        _tracker.MarkReturned(2 + 16, 312, "NO_ROUTE");
        _tracker.MarkReturned(0, 312, "NO_ROUTE");
        Settle(2, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public async Task A_return_finds_its_message_by_the_id_that_is_its_alone()
    {
        var publishes = new PendingPublish[6];
        for (var each = 0; each < publishes.Length; each++)
            Register(out publishes[each]);
        Settle(1, multiple: false, accepted: true);

        foreach (var each in (int[])[2, 4, 1, 0, 5])
            _tracker.MarkReturned(publishes[each].MessageId, 312, $"NO_ROUTE {each}");
        _tracker.MarkReturned("another", 312, "NO_ROUTE");
        Settle(6, multiple: true, accepted: true);

        Assert.Equal(
            [null, "NO_ROUTE 1", "NO_ROUTE 2", null, "NO_ROUTE 4", "NO_ROUTE 5"],
            await Task.WhenAll(publishes.Select(async publish => (await _publishes.ResultOf(publish)).ReplyText)));
    }

    [Fact]
    public void The_last_number_can_be_taken_back_and_is_given_again()
    {
        Register(out var kept, bytes: 3);
        var number = Register(out var refused, bytes: 5);

        _tracker.Unregister(number);

        Assert.False(refused.HasEnded);
        Assert.Equal((1, 3L), (_window.Messages, _window.Bytes));
        Assert.Same(kept, _tracker.Oldest);
        Assert.Equal(number, Register(out _));
    }

    [Fact]
    public void A_number_that_is_not_the_last_cannot_be_taken_back()
    {
        Register(out _);
        Register(out _);

        Assert.Throws<InvalidOperationException>(() => _tracker.Unregister(1));
        Assert.Throws<InvalidOperationException>(() => _tracker.Unregister(3));
        Assert.Equal(2, _tracker.Count);
    }

    [Fact]
    public void What_was_on_the_wire_is_handed_back_in_order_and_numbering_starts_anew()
    {
        Register(out var first, bytes: 1);
        Register(out _, bytes: 2);
        Register(out var third, bytes: 3);
        Settle(2, multiple: false, accepted: true);

        var unconfirmed = _tracker.TakeAll();

        Assert.Equal([first, third], unconfirmed);
        Assert.Equal((0, 0L, 0), (_window.Messages, _window.Bytes, _tracker.Count));
        Assert.Null(_tracker.Oldest);
        Assert.Equal(1ul, Register(out _));
    }

    [Fact]
    public void What_was_given_up_is_not_handed_back()
    {
        Register(out var given);
        Register(out var open);
        given.GiveUp("late");

        Assert.Equal([open], _tracker.TakeAll());
    }

    [Fact]
    public async Task A_return_on_the_old_channel_does_not_count_on_the_new_one()
    {
        Register(out var publish);
        _tracker.MarkReturned(1, 312, "NO_ROUTE");

        var resent = Assert.Single(_tracker.TakeAll());
        _tracker.Register(resent);
        Settle(1, multiple: false, accepted: true);

        Assert.Equal(PublishOutcome.Confirmed, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public void A_sweep_sees_all_that_is_on_the_wire_in_order_and_takes_nothing_away()
    {
        Register(out var first);
        Register(out _);
        Register(out var third);
        Settle(2, multiple: false, accepted: true);
        var seen = new List<PendingPublish>();

        _tracker.Sweep(seen.Add);

        Assert.Equal([first, third], seen);
        Assert.Equal(2, _tracker.Count);
    }

    [Fact]
    public async Task A_publish_that_was_given_up_keeps_its_place_until_its_confirm()
    {
        Register(out var given, bytes: 9);
        given.GiveUp("late");
        Assert.Equal((1, 9L), (_window.Messages, _window.Bytes));

        Settle(1, multiple: false, accepted: true);

        Assert.Equal((0, 0L), (_window.Messages, _window.Bytes));
        Assert.Equal(PublishOutcome.Unknown, await _publishes.OutcomeOf(given));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(0)]
    public void Whatever_the_order_of_events_it_agrees_with_a_simple_dictionary(int given)
    {
        var seed = given == 0 ? Environment.ProcessId : given;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new SortedDictionary<ulong, (PendingPublish Publish, bool Returned)>();
        var expected = new Dictionary<PendingPublish, PublishOutcome?>();
        var next = 1ul;
        var low = 1ul;

        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(10))
            {
                case < 4 when _tracker.HasRoom:
                    var publish = _publishes.Written(random.Next(20));
                    expected[publish] = null;
                    model[next] = (publish, false);
                    Assert.Equal(next++, _tracker.Register(publish));
                    break;
                case 4 when model.Count > 0 && model.Keys.Last() == next - 1:
                    _tracker.Unregister(--next);
                    model.Remove(next);
                    break;
                case 5 when model.Count > 0:
                    var returned = model.Keys.ElementAt(random.Next(model.Count));
                    model[returned] = (model[returned].Publish, true);
                    _tracker.MarkReturned(returned, 312, "NO_ROUTE");
                    break;
                case 6 when random.Next(100) == 0:
                    Assert.Equal(model.Values.Select(each => each.Publish), _tracker.TakeAll());
                    model.Clear();
                    next = 1;
                    break;
                default:
                    // Around what is out: numbers long settled, on the wire, and not given yet.
                    var number = (ulong)random.NextInt64((long)Math.Max(low, 5) - 5, (long)next + 3);
                    var (multiple, accepted) = (random.Next(3) == 0, random.Next(4) > 0);
                    Settle(number, multiple, accepted);
                    foreach (var each in model.Keys.Where(key => multiple ? key <= number : key == number).ToArray())
                    {
                        expected[model[each].Publish] = !accepted ? PublishOutcome.Rejected : model[each].Returned ? PublishOutcome.Returned : PublishOutcome.Confirmed;
                        model.Remove(each);
                    }

                    break;
            }

            low = model.Count > 0 ? model.Keys.First() : next;
            Assert.Equal(model.Count, _tracker.Count);
            Assert.Equal(model.Values.Sum(each => (long)each.Publish.Bytes), _window.Bytes);
            Assert.Equal(model.Count > 0 ? model.Values.First().Publish : null, _tracker.Oldest);
            // Numbers that were taken back at the end leave no gap behind them.
            if (model.Count > 0)
                Assert.Equal(next - low < 16, _tracker.HasRoom);
        }

        Assert.All(expected, each => Assert.Equal(each.Value is not null, each.Key.HasEnded));
    }

    // As the backlog does it.
    private void Settle(ulong number, bool multiple, bool accepted)
    {
        var settled = new List<PendingPublish>();
        _tracker.Settle(number, multiple, settled);
        foreach (var publish in settled)
        {
            if (accepted)
                publish.Confirm();
            else
                publish.End(PublishOutcome.Rejected, 0, "refused");
        }
    }

    private ulong Register(out PendingPublish publish, int bytes = 0) => _tracker.Register(publish = _publishes.Written(bytes));
}
