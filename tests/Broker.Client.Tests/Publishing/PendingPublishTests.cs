using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class PendingPublishTests
{
    private readonly Publishes _publishes = new();

    [Fact]
    public async Task A_confirm_ends_it_under_the_messages_own_id()
    {
        var publish = _publishes.New(new Message { MessageId = "mine" });

        publish.Confirm();

        Assert.Equal(new PublishResult(PublishOutcome.Confirmed, "mine"), await _publishes.ResultOf(publish));
    }

    [Fact]
    public void Without_an_id_it_gets_one_and_the_message_keeps_none()
    {
        var message = new Message();

        var (first, second) = (_publishes.New(message), _publishes.New(message));

        Assert.NotEqual(first.MessageId, second.MessageId);
        Assert.Matches("^[0-9A-Za-z]{12,22}$", first.MessageId);
        Assert.Null(message.MessageId);
    }

    [Fact]
    public async Task Given_up_before_it_was_written_it_was_not_sent()
    {
        var publish = _publishes.New();

        publish.GiveUp("late");

        Assert.Equal(new PublishResult(PublishOutcome.NotSent, publish.MessageId, 0, "late"), await _publishes.ResultOf(publish));
        Assert.False(publish.TryWrite(now: 1));
    }

    [Fact]
    public async Task Given_up_after_it_was_written_its_outcome_is_unknown()
    {
        var publish = _publishes.Written();

        publish.GiveUp("late");

        Assert.Equal(PublishOutcome.Unknown, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public async Task Refused_by_the_driver_it_was_not_sent_after_all()
    {
        var publish = _publishes.Written();

        publish.Unwrite();
        publish.GiveUp("wrong");

        Assert.Equal(PublishOutcome.NotSent, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public void It_can_be_written_again_after_a_reconnect()
    {
        var publish = _publishes.Written();

        Assert.True(publish.TryWrite(now: 7));

        Assert.Equal(7, publish.WrittenAt);
    }

    [Fact]
    public async Task Only_its_first_end_counts()
    {
        var publish = _publishes.Written();

        publish.End(PublishOutcome.Rejected, 404, "first");
        publish.Confirm();
        publish.GiveUp("last");

        Assert.Equal(new PublishResult(PublishOutcome.Rejected, publish.MessageId, 404, "first"), await _publishes.ResultOf(publish));
    }

    [Theory]
    [InlineData(false, PublishOutcome.NotSent)]
    [InlineData(true, PublishOutcome.Unknown)]
    public async Task A_token_that_fires_ends_it_by_how_far_it_has_come(bool isWritten, PublishOutcome expected)
    {
        using var source = new CancellationTokenSource();
        var publish = isWritten ? _publishes.Written(cancellationToken: source.Token) : _publishes.New(cancellationToken: source.Token);

        await source.CancelAsync();

        Assert.Equal(expected, await _publishes.OutcomeOf(publish));
    }

    [Fact]
    public async Task A_token_that_has_fired_already_ends_it_at_once()
    {
        var publish = _publishes.New(cancellationToken: new CancellationToken(canceled: true));

        Assert.True(publish.HasEnded);
        Assert.Equal(PublishOutcome.NotSent, await _publishes.OutcomeOf(publish));
    }

    [Theory]
    [InlineData(false, "it was not sent")]
    [InlineData(true, "it may still arrive")]
    public async Task Where_it_throws_the_cancellation_is_the_callers_own(bool isWritten, string expected)
    {
        using var source = new CancellationTokenSource();
        var publish = _publishes.New(throws: true, cancellationToken: source.Token);
        if (isWritten)
            publish.TryWrite(now: 0);

        await source.CancelAsync();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => _publishes.ResultOf(publish));
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_fires_after_the_end_changes_nothing()
    {
        using var source = new CancellationTokenSource();
        var publish = _publishes.New(throws: true, cancellationToken: source.Token);
        publish.Confirm();

        await source.CancelAsync();

        Assert.True((await _publishes.ResultOf(publish)).IsConfirmed);
    }

    [Fact]
    public async Task The_end_of_the_client_is_told_by_its_name()
    {
        var publish = _publishes.New(throws: true);

        publish.GiveUp("The client is disposed.", new ObjectDisposedException(nameof(BrokerClient)));

        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => _publishes.ResultOf(publish));
        Assert.Equal(nameof(BrokerClient), error.ObjectName);
    }

    public static TheoryData<PublishOutcome, ushort, string, string, bool> Ends => new()
    {
        { PublishOutcome.Returned, 312, "NO_ROUTE", "was returned (312 NO_ROUTE): no queue takes it. Declare the queue or the binding first.", false },
        { PublishOutcome.Rejected, 0, "full.", "was rejected: full.", true },
        { PublishOutcome.Rejected, 404, "no exchange.", "was rejected: no exchange.", false },
        { PublishOutcome.NotSent, 0, "late.", "was not sent: late.", true },
        { PublishOutcome.Unknown, 0, "late.", "has an unknown outcome: late. It may have arrived; sending it again under the same message id may make a duplicate.", true },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Every_other_end_than_a_confirm_is_thrown_with_its_facts(PublishOutcome outcome, ushort code, string text, string expected, bool isTransient)
    {
        var message = new Message { MessageId = "7" };
        var publish = _publishes.New(message, throws: true);

        publish.End(outcome, code, text);

        var error = await Assert.ThrowsAsync<PublishException>(() => _publishes.ResultOf(publish));
        Assert.Equal($"Message 7 to queue 'queue' {expected}", error.Message);
        Assert.Equal((outcome, code, text, isTransient), (error.Outcome, error.ReplyCode, error.ReplyText, error.IsTransient));
        Assert.Equal(new PublishResult(outcome, "7", code, text), error.Result);
        Assert.Same(message, error.PublishedMessage);
    }

    [Fact]
    public async Task An_exchange_is_named_with_the_routing_key()
    {
        var publish = _publishes.New(new Message { MessageId = "7" }, exchange: "logs", routingKey: "info", throws: true);

        publish.End(PublishOutcome.NotSent, 0, "late.");

        var error = await Assert.ThrowsAsync<PublishException>(() => _publishes.ResultOf(publish));
        Assert.Equal("Message 7 to exchange 'logs' with key 'info' was not sent: late.", error.Message);
    }

    [Theory]
    [InlineData(ConnectionFailure.AuthenticationFailed, false)]
    [InlineData(ConnectionFailure.Unreachable, true)]
    public async Task For_want_of_a_connection_it_may_pass_as_the_connection_may(ConnectionFailure reason, bool isTransient)
    {
        var cause = new BrokerConnectionException(reason, "no connection");
        var publish = _publishes.New(throws: true);

        publish.GiveUp(cause.Message, cause);

        var error = await Assert.ThrowsAsync<PublishException>(() => _publishes.ResultOf(publish));
        Assert.Equal(isTransient, error.IsTransient);
        Assert.Same(cause, error.InnerException);
    }

    [Fact]
    public async Task Of_a_confirm_a_deadline_and_a_cancellation_at_once_one_ends_it()
    {
        for (var round = 0; round < 2_000; round++)
        {
            using var source = new CancellationTokenSource();
            using var start = new Barrier(3);
            var publish = _publishes.Written(cancellationToken: source.Token);
            Action[] ends = [publish.Confirm, () => publish.GiveUp("late"), source.Cancel];

            // A second end would complete the source a second time, which throws here.
            await Task.WhenAll(ends.Select(end => Task.Run(() =>
            {
                start.SignalAndWait();
                end();
            })));

            Assert.Contains(await _publishes.OutcomeOf(publish), new[] { PublishOutcome.Confirmed, PublishOutcome.Unknown });
        }
    }

    [Fact]
    public async Task It_is_used_again_when_its_caller_and_its_lane_have_let_it_go()
    {
        var pool = new PublishPool(capacity: 1);
        var first = Rent(pool, out var result);
        first.Confirm();
        Assert.NotSame(first, Rent(pool, out _)); // the lane may look at it still, and the caller has not

        await result;
        Assert.NotSame(first, Rent(pool, out _));
        first.Forget();

        Assert.Same(first, Rent(pool, out var second));
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task Awaited_twice_it_throws_and_is_not_given_to_two_callers()
    {
        var pool = new PublishPool(capacity: 4);
        var publish = Rent(pool, out var result);
        publish.Confirm();
        await result;

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await result);
        publish.Forget();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await result);

        Assert.Same(publish, Rent(pool, out _));
        Assert.NotSame(publish, Rent(pool, out _));
    }

    [Fact]
    public async Task The_code_that_awaits_it_does_not_run_on_the_thread_that_confirms()
    {
        using var isConfirming = new ThreadLocal<bool>();
        var publish = new PendingPublish().Prepare(new Publication("", "queue", new Message()), throws: false, calledAt: 0, deadlineAt: 0);
        var ranWhileConfirming = RunAsync(publish.Start(CancellationToken.None));

        isConfirming.Value = true;
        publish.Confirm();
        isConfirming.Value = false;

        Assert.False(await ranWhileConfirming.SoonAsync());

        async Task<bool> RunAsync(ValueTask<PublishResult> result)
        {
            await result;
            return isConfirming.Value;
        }
    }

    private static PendingPublish Rent(
        PublishPool pool, out ValueTask<PublishResult> result, CancellationToken cancellationToken = default)
    {
        var publish = pool.Rent().Prepare(
            new Publication("", "queue", new Message()), throws: false, calledAt: 0, deadlineAt: long.MaxValue);
        result = publish.Start(cancellationToken);
        return publish;
    }
}
