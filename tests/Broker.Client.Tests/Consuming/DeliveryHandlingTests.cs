using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client.Tests.Consuming;

public sealed class DeliveryHandlingTests : IDisposable
{
    private readonly WatchedTime _time = new();
    private readonly NotedVerdicts _settlement = new();
    private readonly SentMessages _sent = new();
    private readonly ConsumerGeneration _generation = Deliveries.Generation();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<BrokerException> _failures = [];
    private int _runs;

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task After_its_handler_a_message_is_acknowledged()
    {
        var wasSettled = true;

        await HandleAsync(delivery => wasSettled = delivery.IsSettled);

        Assert.False(wasSettled);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task Before_its_handler_a_message_is_acknowledged_and_a_throw_does_not_bring_it_back()
    {
        var verdictsBefore = 0;

        await HandleAsync(
            _ =>
            {
                verdictsBefore = _settlement.Verdicts.Count;
                throw new InvalidOperationException("mine");
            },
            new() { AckMode = AckMode.BeforeHandler });

        Assert.Equal((1, 1), (_runs, verdictsBefore));
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
        Assert.Empty(_sent.Sent);
    }

    [Fact]
    public async Task Before_its_handler_a_message_whose_channel_is_gone_is_not_handled()
    {
        _settlement.IsLive = false;

        await HandleAsync(_ => { }, new() { AckMode = AckMode.BeforeHandler });

        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task By_hand_a_message_keeps_waiting_for_its_verdict()
    {
        await HandleAsync(_ => { }, new() { AckMode = AckMode.Manual });

        Assert.Empty(_settlement.Verdicts);
    }

    [Theory]
    [InlineData(AckMode.AfterHandler)]
    [InlineData(AckMode.Manual)]
    public async Task A_verdict_of_the_handler_wins(AckMode mode)
    {
        await HandleAsync(async delivery => await delivery.DeadLetterAsync(), new() { AckMode = mode });

        Assert.Equal([Verdict.DeadLetter], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_throw_after_the_verdict_changes_nothing()
    {
        await HandleAsync(async delivery =>
        {
            await delivery.RetryAsync();
            throw new InvalidOperationException("mine");
        });

        Assert.Equal(1, _runs);
        Assert.Equal([Verdict.Retry], _settlement.Verdicts);
        Assert.Empty(_sent.Sent);
    }

    [Fact]
    public async Task A_handler_that_throws_is_tried_again_with_doubling_waits_until_it_does_not()
    {
        var handling = HandleAsync(_ => ThrowUntil(run: 4));

        Assert.Equal(0.5, (await _time.PassNextWaitAsync()).TotalSeconds);
        Assert.Equal(1, (await _time.PassNextWaitAsync()).TotalSeconds);
        Assert.Equal(2, (await _time.PassNextWaitAsync()).TotalSeconds);
        await handling.SoonAsync();

        Assert.Equal(4, _runs);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
        Assert.Empty(_sent.Sent);
    }

    [Fact]
    public async Task After_its_last_attempt_a_message_is_parked_and_only_then_acknowledged()
    {
        var verdictsWhenParked = -1;
        _sent.Answers.Enqueue(() =>
        {
            verdictsWhenParked = _settlement.Verdicts.Count;
            return new PublishResult(PublishOutcome.Confirmed, "m");
        });

        await HandleAsync(_ => throw new InvalidOperationException("mine"), new() { FailurePolicy = FailurePolicy.Retry(attempts: 3, TimeSpan.Zero) });

        Assert.Equal((3, 0), (_runs, verdictsWhenParked));
        Assert.Equal("orders.failed", Assert.Single(_sent.Sent).Queue);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_parking_that_fails_is_tried_again_and_the_message_stays_unacknowledged_until_it_does_not()
    {
        _sent.Answers.Enqueue(() => new PublishResult(PublishOutcome.Rejected, "m", 0, "full"));
        _sent.Answers.Enqueue(() => throw new BrokerConnectionException(ConnectionFailure.Lost, "lost"));

        var handling = HandleAsync(_ => throw new InvalidOperationException("mine"), new() { FailurePolicy = FailurePolicy.Park("aside") });
        await _time.NextWaitAsync();
        Assert.Empty(_settlement.Verdicts);
        _time.Advance(TimeSpan.FromSeconds(30));
        await _time.PassNextWaitAsync();
        await handling.SoonAsync();

        Assert.Equal(["aside", "aside", "aside"], _sent.Sent.Select(each => each.Queue));
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_message_that_cannot_be_parked_before_the_stop_goes_back()
    {
        _sent.Answers.Enqueue(() => new PublishResult(PublishOutcome.Rejected, "m", 0, "full"));
        var handling = HandleAsync(_ => throw new InvalidOperationException("mine"), new() { FailurePolicy = FailurePolicy.Park() });
        await _time.NextWaitAsync();

        await _stopping.CancelAsync();
        await handling.SoonAsync();

        Assert.Equal([Verdict.Release], _settlement.Verdicts);
    }

    [Fact]
    public async Task The_policy_says_what_becomes_of_a_message()
    {
        (FailurePolicy Policy, Verdict? Expected)[] policies =
        [
            (FailurePolicy.DeadLetter, Verdict.DeadLetter),
            (FailurePolicy.Requeue, Verdict.Retry),
            (FailurePolicy.Discard, Verdict.Ack),
            (FailurePolicy.Stop, null),
        ];

        foreach (var (policy, expected) in policies)
        {
            _settlement.Verdicts.Clear();
            await HandleAsync(_ => throw new InvalidOperationException("mine"), new() { FailurePolicy = policy });
            Assert.Equal(expected is { } verdict ? [verdict] : [], _settlement.Verdicts);
        }

        Assert.Empty(_sent.Sent);
    }

    [Fact]
    public async Task A_stop_carries_what_the_handler_threw()
    {
        var thrown = new InvalidOperationException("mine");

        await HandleAsync(_ => throw thrown, new() { FailurePolicy = FailurePolicy.Stop });

        var failure = Assert.IsType<ConsumerException>(Assert.Single(_failures));
        Assert.Equal((ConsumerFailure.HandlerFailed, "orders"), (failure.Reason, failure.Queue));
        Assert.Same(thrown, failure.InnerException);
        Assert.Contains("mine", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_its_handler_acknowledged_a_stop_ends_the_consumer_all_the_same()
    {
        await HandleAsync(_ => throw new InvalidOperationException("mine"), new() { AckMode = AckMode.BeforeHandler, FailurePolicy = FailurePolicy.Stop });

        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
        Assert.IsType<ConsumerException>(Assert.Single(_failures));
    }

    [Fact]
    public async Task A_message_that_was_requeued_before_waits_a_second_before_it_is_again()
    {
        var handling = HandleAsync(
            _ => throw new InvalidOperationException("mine"), new() { FailurePolicy = FailurePolicy.Requeue }, Deliveries.New(settle: _settlement, redelivered: true));

        Assert.Equal(TimeSpan.FromSeconds(1), await _time.NextWaitAsync());
        Assert.Empty(_settlement.Verdicts);
        _time.Advance(TimeSpan.FromSeconds(1));
        await handling.SoonAsync();

        Assert.Equal([Verdict.Retry], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_stop_during_a_wait_hands_the_message_back_uncounted()
    {
        var handling = HandleAsync(_ => throw new InvalidOperationException("mine"));
        await _time.NextWaitAsync();

        await _stopping.CancelAsync();
        await handling.SoonAsync();

        Assert.Equal(1, _runs);
        Assert.Equal([Verdict.Release], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_channel_that_goes_during_the_handler_ends_the_attempts()
    {
        await HandleAsync(_ =>
        {
            _generation.CancelHandlers();
            throw new OperationCanceledException();
        });

        Assert.Equal(1, _runs);
        Assert.Empty(_settlement.Verdicts);
        Assert.Empty(_sent.Sent);
    }

    [Theory]
    [InlineData(14, 1, 0)]
    [InlineData(15, 0, 1)]
    [InlineData(20, 0, 1)]
    public async Task A_message_that_has_come_back_fifteen_times_is_parked_before_its_handler_runs(long count, int runs, int parked)
    {
        await HandleAsync(_ => { }, delivery: Deliveries.Counted(count, _settlement));

        Assert.Equal((runs, parked), (_runs, _sent.Sent.Count));
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Theory]
    [InlineData(nameof(FailurePolicy.Discard))]
    [InlineData(nameof(FailurePolicy.Requeue))]
    [InlineData(nameof(FailurePolicy.Stop))]
    public async Task A_message_that_has_come_back_too_often_is_never_dropped_or_repeated(string policy)
    {
        var chosen = (FailurePolicy)typeof(FailurePolicy).GetProperty(policy)!.GetValue(null)!;

        await HandleAsync(_ => { }, new() { FailurePolicy = chosen }, Deliveries.Counted(15, _settlement));

        Assert.Equal("orders.failed", Assert.Single(_sent.Sent).Queue);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task A_message_that_has_come_back_too_often_is_dead_lettered_where_that_was_chosen()
    {
        await HandleAsync(_ => { }, new() { FailurePolicy = FailurePolicy.DeadLetter }, Deliveries.Counted(15, _settlement));

        Assert.Equal([Verdict.DeadLetter], _settlement.Verdicts);
        Assert.Empty(_sent.Sent);
    }

    private Task HandleAsync(Action<Delivery> handler, ConsumerOptions? options = null, Delivery? delivery = null) =>
        HandleAsync(
            each =>
            {
                handler(each);
                return Task.CompletedTask;
            },
            options,
            delivery);

    private async Task HandleAsync(Func<Delivery, Task> handler, ConsumerOptions? options = null, Delivery? delivery = null)
    {
        var handling = NewHandling(options ?? new(), async (each, _) =>
        {
            Interlocked.Increment(ref _runs);
            await handler(each);
        });
        await handling.HandleAsync(_generation, delivery ?? Deliveries.New(settle: _settlement), lane: 0);
    }

    private DeliveryHandling NewHandling(ConsumerOptions options, Func<Delivery, CancellationToken, ValueTask> handler)
    {
        var broker = NoBroker.Options(_time).Freeze();
        var topology = new BrokerTopology(broker, NullLogger.Instance);
        var context = new ConsumingContext(broker, NoBroker.Supervisor(broker), topology, new Parking(_sent, topology, _time), new RetryQueues(_sent, topology, _time), new ConsumerTags(), new QueueLooks(topology, _time), static () => new Drawing(1), NullLogger.Instance);
        return new DeliveryHandling(
            context, options.Freeze(), handler, new RunningHandlers(options.HandlerTimeout, _time, static _ => { }), _failures.Add,
            _stopping.Token);
    }

    private void ThrowUntil(int run)
    {
        if (_runs < run)
            throw new InvalidOperationException("mine");
    }
}
