namespace Broker.Client.Tests.Rpc;

public sealed class CallTableTests
{
    private static readonly HashSet<string> s_default = [""];
    private readonly CallTable _table = new(window: 2);
    private readonly object _channel = new();

    [Fact]
    public void Calls_are_sent_in_their_order_under_numbers_that_no_other_has()
    {
        var calls = Add(2);

        var sent = new[] { Send(), Send() };

        Assert.Equal(calls, sent);
        Assert.Equal([1UL, 2UL], sent.Select(call => call!.Number));
        Assert.Null(Send());
    }

    [Fact]
    public void Beyond_the_window_a_call_waits_until_one_has_its_reply()
    {
        var calls = Add(4);
        Send();
        Send();
        Assert.False(_table.HasNext);
        Assert.Null(Send());

        Assert.Same(calls[0], _table.Take(1, out var isWaitedFor));

        Assert.True(isWaitedFor);
        Assert.Same(calls[2], Send());
        Assert.Null(Send());
    }

    [Fact]
    public void Room_is_told_of_only_where_there_was_none()
    {
        Add(2);
        Send();

        _table.Take(1, out var isWaitedFor);

        Assert.False(isWaitedFor); // the writer comes to the other by itself
    }

    [Fact]
    public void A_number_is_answered_once()
    {
        Add(1);
        Send();

        Assert.NotNull(_table.Take(1, out _));
        Assert.Null(_table.Take(1, out _));
        Assert.Null(_table.Take(2, out _));
    }

    [Fact]
    public void A_call_to_an_exchange_that_is_not_known_keeps_its_place_until_it_is()
    {
        var named = Call(exchange: "x");
        var next = Call();
        _table.TryAdd(named, out _);
        _table.TryAdd(next, out _);

        Assert.Null(_table.Send(_channel, s_default, out var unknown));
        Assert.Same(named, unknown);
        Assert.Same(named, _table.Send(_channel, ["", "x"], out unknown));
        Assert.Null(unknown);
        Assert.Same(next, Send());
    }

    [Fact]
    public void What_was_not_written_goes_first_on_the_next_channel_and_under_another_number()
    {
        var calls = Add(2);
        Send();

        _table.Unsend(calls[0]);

        Assert.Empty(_table.TakeSent(_channel, out _));
        Assert.Null(calls[0].Channel);
        Assert.Same(calls[0], Send());
        Assert.Equal(2UL, calls[0].Number);
        Assert.Same(calls[1], Send());
    }

    [Fact]
    public void What_has_ended_meanwhile_is_not_put_back()
    {
        var call = Add(1)[0];
        Send();
        Assert.NotNull(_table.Take(call.Number, out _));

        _table.Unsend(call);

        Assert.Null(Send());
    }

    [Fact]
    public void A_lost_channel_takes_its_own_calls_along_and_no_others_the_oldest_first()
    {
        var table = new CallTable(window: 10);
        var calls = Enumerable.Range(0, 5).Select(_ => Call()).ToArray();
        foreach (var call in calls)
            table.TryAdd(call, out _);
        for (var sent = 0; sent < 3; sent++)
            table.Send(_channel, s_default, out _);
        table.Send(new object(), s_default, out _);
        table.Remove(calls[1]);

        Assert.Equal([calls[0], calls[2]], table.TakeSent(_channel, out var newestAbandoned));

        Assert.Equal(2UL, newestAbandoned);
        Assert.Empty(table.TakeSent(_channel, out _));
        Assert.Same(calls[3], table.Take(4, out _));
        Assert.Same(calls[4], table.Send(_channel, s_default, out _));
    }

    [Fact]
    public void What_is_due_is_taken_wherever_it_is_and_the_next_deadline_is_that_of_the_others()
    {
        PendingCall[] calls = [Call(deadlineAt: 10), Call(deadlineAt: 40), Call(deadlineAt: 20), Call(deadlineAt: 30)];
        var sooner = calls.Select(call => _table.TryAdd(call, out var isSooner) && isSooner).ToArray();
        Send();
        Send();
        Assert.Equal([true, false, false, false], sooner);
        Assert.Equal(10, _table.NextDeadline);

        Assert.Equal([calls[2], calls[0]], _table.TakeDue(20));

        Assert.Equal(30, _table.NextDeadline);
        Assert.Null(_table.Take(1, out _)); // its reply is late
        Assert.Same(calls[3], Send());
        Assert.Equal([calls[1], calls[3]], _table.TakeDue(50).OrderBy(call => call.Number));
        Assert.Equal(long.MaxValue, _table.NextDeadline);
    }

    [Fact]
    public void A_call_that_ended_before_it_was_added_is_not_kept()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var call = Call();
        call.CancelWith(static _ => { }, source.Token);

        Assert.True(_table.TryAdd(call, out _));

        Assert.False(_table.HasNext);
    }

    [Fact]
    public void A_cancelled_call_leaves_its_place_or_its_number()
    {
        var calls = Add(4);
        Send();
        Send();

        Assert.False(_table.Remove(calls[2])); // it waited, and leaves no room
        Assert.True(_table.Remove(calls[0]));
        Assert.False(_table.Remove(calls[0]));

        Assert.Same(calls[3], Send());
        Assert.Null(Send());
    }

    [Fact]
    public void A_closed_table_gives_everything_up_and_takes_nothing_more()
    {
        var calls = Add(3);
        Send();

        Assert.Equal(calls.OrderBy(call => call.Number), _table.Close().OrderBy(call => call.Number));

        Assert.False(_table.TryAdd(Call(), out _));
        Assert.False(_table.HasNext);
        Assert.Null(_table.Take(1, out _));
    }

    private static PendingCall Call(string exchange = "", long deadlineAt = long.MaxValue) =>
        new(exchange, "queue", new Message(), TimeSpan.FromSeconds(1), deadlineAt);

    private PendingCall[] Add(int count)
    {
        var calls = Enumerable.Range(0, count).Select(_ => Call()).ToArray();
        foreach (var call in calls)
            Assert.True(_table.TryAdd(call, out _));
        return calls;
    }

    private PendingCall? Send() => _table.Send(_channel, s_default, out _);
}
