using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Consuming;

public sealed class ConsumeFilterTests
{
    private readonly NotedVerdicts _settlement = new();
    private readonly List<string> _calls = [];

    [Fact]
    public void Without_filters_a_handler_is_itself()
    {
        Func<Delivery, CancellationToken, ValueTask> single = static (_, _) => default;
        Func<IReadOnlyList<Delivery>, CancellationToken, ValueTask> batch = static (_, _) => default;
        Func<Delivery, CancellationToken, ValueTask<Message>> serving = static (_, _) => new("reply");

        Assert.Same(single, ConsumeFilters.Around(single, new()));
        Assert.Same(batch, ConsumeFilters.AroundBatches(batch, new()));
        Assert.Same(serving, ConsumeFilters.AroundServer(serving, new()));
    }

    [Fact]
    public async Task The_first_is_outermost()
    {
        var handler = Around(new() { Filters = [Calls("1"), Calls("2")] });

        await handler(Deliveries.New(), default);

        Assert.Equal(["1 before", "2 before", "handler", "2 after", "1 after"], _calls);
    }

    [Fact]
    public async Task What_a_handler_throws_goes_through_the_filters()
    {
        var thrown = new InvalidOperationException("mine");
        var handler = ConsumeFilters.Around((_, _) => throw thrown, new ConsumerOptions { Filters = [Calls("1")] });

        Assert.Same(thrown, await Assert.ThrowsAsync<InvalidOperationException>(async () => await handler(Deliveries.New(), default)));
        Assert.Equal(["1 before", "1 InvalidOperationException"], _calls);
    }

    [Theory]
    [InlineData(AckMode.Manual, true)]
    [InlineData(AckMode.AfterHandler, false)] // there it is acknowledged when it returns, as if it had been handled
    public async Task What_a_filter_keeps_from_its_handler_is_acknowledged(AckMode mode, bool here)
    {
        var handler = Around(new() { AckMode = mode, Filters = [new TestFilter((_, _, _) => default)] });

        await handler(Deliveries.New(settle: _settlement), default);

        Assert.Empty(_calls);
        Assert.Equal(here ? [Verdict.Ack] : [], _settlement.Verdicts);
    }

    [Fact]
    public async Task By_hand_a_message_that_reached_its_handler_keeps_waiting_and_one_that_a_later_attempt_keeps_back_does_not()
    {
        var passes = true;
        var handler = Around(new()
        {
            AckMode = AckMode.Manual,
            Filters = [new TestFilter((delivery, next, token) => passes ? next(delivery, token) : default)],
        });
        var delivery = Deliveries.New(settle: _settlement);

        await handler(delivery, default);
        var first = _settlement.Verdicts.Count;
        passes = false;
        await handler(delivery, default);

        Assert.Equal(0, first);
        Assert.Equal([Verdict.Ack], _settlement.Verdicts);
    }

    [Fact]
    public async Task A_batch_is_seen_as_a_whole_and_may_be_handed_on_in_part()
    {
        var handled = new List<int>();
        var handler = ConsumeFilters.AroundBatches(
            (batch, _) =>
            {
                handled.Add(batch.Count);
                return default;
            },
            new ConsumerOptions { AckMode = AckMode.Manual, Filters = [new FirstOnly()] });
        Delivery[] batch = [Deliveries.New(settle: _settlement, tag: 1), Deliveries.New(settle: _settlement, tag: 2)];

        await handler(batch, default);

        Assert.Equal([1], handled);
        Assert.Equal((false, true), (batch[0].IsSettled, batch[1].IsSettled));
    }

    [Fact]
    public async Task No_handler_is_called_for_a_batch_of_which_nothing_is_left()
    {
        var handler = ConsumeFilters.AroundBatches((_, _) => throw new InvalidOperationException("called"), new ConsumerOptions { Filters = [new FirstOnly { Count = 0 }] });

        await handler([Deliveries.New()], default);
    }

    [Fact]
    public void A_consumer_of_batches_refuses_a_filter_that_would_not_see_them()
    {
        var batches = new BatchOptions(static (_, _) => default, 10, TimeSpan.FromSeconds(1));

        var error = Assert.Throws<ArgumentException>(() => batches.Adapt(new() { Filters = [new FirstOnly(), Calls("1")] }));

        Assert.Contains(nameof(TestFilter), error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(IBatchFilter), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Around_a_handler_that_answers_a_filter_sees_the_request_and_what_it_keeps_back_has_no_reply()
    {
        var passes = true;
        var serve = ConsumeFilters.AroundServer(
            static (_, _) => new ValueTask<Message>("reply"),
            new ConsumerOptions { Filters = [new TestFilter((delivery, next, token) => passes ? next(delivery, token) : default)] });

        var reply = await serve(Deliveries.New(), default);
        passes = false;

        Assert.Equal("reply", System.Text.Encoding.UTF8.GetString(reply!.Body.Span));
        Assert.Null(await serve(Deliveries.New(), default));
    }

    [Fact]
    public void Options_copy_them_and_refuse_a_null_and_a_loop_refuses_them_all()
    {
        var options = new ConsumerOptions { Filters = [Calls("1")] };
        var frozen = options.Freeze();
        options.Filters.Clear();

        Assert.Single(frozen.Filters);
        Assert.Contains("ConsumerOptions.Filters", Assert.Throws<ArgumentException>(() => new ConsumerOptions { Filters = [null!] }.Validate()).Message, StringComparison.Ordinal);
        Assert.Contains("ConsumerOptions.Filters", Assert.Throws<ArgumentException>(() => new BrokerClient("amqp://localhost:1").ReadAsync("q", frozen)).Message, StringComparison.Ordinal);
    }

    private Func<Delivery, CancellationToken, ValueTask> Around(ConsumerOptions options) => ConsumeFilters.Around(
        (_, _) =>
        {
            _calls.Add("handler");
            return default;
        },
        options);

    private TestFilter Calls(string name) => new(async (delivery, next, token) =>
    {
        _calls.Add($"{name} before");
        try
        {
            await next(delivery, token);
        }
        catch (Exception error)
        {
            _calls.Add($"{name} {error.GetType().Name}");
            throw;
        }

        _calls.Add($"{name} after");
    });

    private sealed class TestFilter(Func<Delivery, ConsumeNext, CancellationToken, ValueTask> handle) : IConsumeFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken) => handle(delivery, next, cancellationToken);
    }

    private sealed class FirstOnly : IBatchFilter
    {
        public int Count { get; init; } = 1;

        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken) => next(delivery, cancellationToken);

        public ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken) =>
            next([.. deliveries.Take(Count)], cancellationToken);
    }
}
