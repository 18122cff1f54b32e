namespace Broker.Client.Tests.Streams;

public sealed class StreamPositionTests
{
    private readonly StreamPosition _position = new();

    [Fact]
    public void It_is_unknown_before_the_first_event_and_then_the_first_that_is_not_handled()
    {
        Assert.Null(_position.Next);

        Arrive(7, 8, 9);

        Assert.Equal(7, _position.Next);
    }

    [Fact]
    public void It_passes_no_event_that_is_not_handled()
    {
        Arrive(0, 1, 2, 3);

        _position.Handle(2);
        _position.Handle(3);
        Assert.Equal(0, _position.Next);
        _position.Handle(0);
        Assert.Equal(1, _position.Next);
        _position.Handle(1);

        Assert.Equal(4, _position.Next);
    }

    [Fact]
    public void On_the_next_channel_what_was_handled_is_known_and_the_rest_comes_again()
    {
        Arrive(0, 1, 2);
        _position.Handle(0);
        _position.Handle(2);

        StreamArrival[] again = [.. new long[] { 1, 2, 3 }.Select(_position.Arrive)];

        Assert.Equal([StreamArrival.Again, StreamArrival.Handled, StreamArrival.New], again);
        Assert.Equal(1, _position.Next);
        _position.Handle(1);
        Assert.Equal(3, _position.Next);
    }

    [Fact]
    public void Events_that_a_filter_keeps_away_leave_no_gap()
    {
        Arrive(3, 10, 20);

        _position.Handle(3);
        _position.Handle(10);

        Assert.Equal(20, _position.Next);
        _position.Handle(20);
        Assert.Equal(21, _position.Next);
    }

    [Fact]
    public void What_comes_before_the_offset_that_was_asked_for_counts_as_handled()
    {
        var position = new StreamPosition(next: 5);

        Assert.Equal([StreamArrival.Handled, StreamArrival.New], [position.Arrive(4), position.Arrive(5)]);
        Assert.Equal(5, position.Next);
    }

    [Fact]
    public void What_is_no_longer_kept_is_given_up_and_counted()
    {
        Arrive(0, 1, 2, 3);
        _position.Handle(2);
        _position.Handle(3);

        Assert.Equal(0, _position.GiveUpBefore(0));
        Assert.Equal(2, _position.GiveUpBefore(2));
        Assert.Equal(4, _position.Next);
        Assert.Equal(6, _position.GiveUpBefore(10));
        Arrive(10);

        Assert.Equal(10, _position.Next);
    }

    [Fact]
    public void A_verdict_that_comes_late_or_twice_changes_nothing()
    {
        Arrive(0, 1);
        _position.Handle(0);
        _position.Handle(0);
        Assert.Equal(1, _position.Next);
        _position.GiveUpBefore(5);
        Arrive(5);
        _position.Handle(1);

        Assert.Equal(5, _position.Next);
    }

    [Fact]
    public void Drawn_verdicts_in_any_order_keep_it_at_the_first_open_event()
    {
        var random = new Random(4711);
        var open = new SortedSet<long>();
        long end = 0;
        for (var step = 0; step < 20_000; step++)
        {
            if (open.Count < 64 && random.Next(2) == 0)
            {
                end += random.Next(1, 4);
                open.Add(end);
                _position.Arrive(end++);
            }
            else if (open.Count > 0)
            {
                var handled = open.ElementAt(random.Next(open.Count));
                open.Remove(handled);
                _position.Handle(handled);
            }

            Assert.Equal(open.Count > 0 ? open.Min : end > 0 ? end : null, _position.Next);
        }
    }

    private void Arrive(params long[] offsets)
    {
        foreach (var offset in offsets)
            _position.Arrive(offset);
    }
}
