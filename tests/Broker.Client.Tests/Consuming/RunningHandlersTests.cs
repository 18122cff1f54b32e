using Broker.Client.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Consuming;

public sealed class RunningHandlersTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly List<ulong> _stuck = [];
    private readonly ConsumerGeneration _generation = Deliveries.Generation();
    private readonly RunningHandlers _handlers;

    public RunningHandlersTests() => _handlers = new RunningHandlers(s_limit, _time, delivery => _stuck.Add(delivery.DeliveryTag));

    public void Dispose() => _handlers.Dispose();

    [Fact]
    public void A_token_fires_when_the_time_of_its_handler_is_over_and_not_before()
    {
        var first = _handlers.Begin(0, _generation, Deliveries.New(tag: 1)).Token;
        _time.Advance(TimeSpan.FromSeconds(20));
        var second = _handlers.Begin(1, _generation, Deliveries.New(tag: 2)).Token;

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(first.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(first.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(second.IsCancellationRequested);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(second.IsCancellationRequested);
    }

    [Fact]
    public void A_handler_that_has_returned_leaves_a_fresh_token_to_the_next_one_of_its_lane()
    {
        var first = _handlers.Begin(0, _generation, Deliveries.New());
        _time.Advance(s_limit);
        Assert.True(first.Token.IsCancellationRequested);
        first.End();

        var second = _handlers.Begin(0, _generation, Deliveries.New());

        Assert.False(second.Token.IsCancellationRequested);
        _time.Advance(s_limit);
        Assert.True(second.Token.IsCancellationRequested);
    }

    [Fact]
    public void A_registration_that_a_handler_has_left_does_not_meet_the_end_of_the_next_one()
    {
        var fired = false;
        var first = _handlers.Begin(0, _generation, Deliveries.New());
        first.Token.Register(() => fired = true);
        first.End();

        _handlers.Begin(0, _generation, Deliveries.New());
        _time.Advance(s_limit);

        Assert.False(fired);
    }

    [Fact]
    public void What_a_handler_throws_after_its_time_says_so()
    {
        var running = _handlers.Begin(0, _generation, Deliveries.New());
        var own = new OperationCanceledException("mine");

        Assert.Same(own, running.Explain(own));
        _time.Advance(s_limit);

        var late = Assert.IsType<TimeoutException>(running.Explain(own));
        Assert.Same(own, late.InnerException);
        Assert.Contains("HandlerTimeout", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_does_not_return_is_told_once_and_counts_as_stuck_until_it_does()
    {
        var running = _handlers.Begin(0, _generation, Deliveries.New(tag: 7));

        _time.Advance(s_limit);
        Assert.Equal(0, _handlers.Stuck);
        _time.Advance(RunningHandlers.MostPatience);
        Assert.Equal(1, _handlers.Stuck);
        _time.Advance(s_limit);
        Assert.Equal([7UL], _stuck);

        running.End();
        Assert.Equal(0, _handlers.Stuck);
    }

    [Fact]
    public void Tokens_fire_with_their_own_channel_and_no_other()
    {
        var other = Deliveries.Generation();
        var mine = _handlers.Begin(0, _generation, Deliveries.New()).Token;
        var others = _handlers.Begin(1, other, Deliveries.New()).Token;

        _handlers.CancelFor(_generation);

        Assert.True(mine.IsCancellationRequested);
        Assert.False(others.IsCancellationRequested);
    }

    [Fact]
    public void A_handler_that_begins_when_its_channel_is_gone_already_finds_its_token_cancelled()
    {
        _generation.CancelHandlers();

        Assert.True(_handlers.Begin(0, _generation, Deliveries.New()).Token.IsCancellationRequested);
    }

    [Fact]
    public void Without_a_limit_nothing_is_ever_over()
    {
        using var handlers = new RunningHandlers(Timeout.InfiniteTimeSpan, _time, static _ => { });
        var token = handlers.Begin(0, _generation, Deliveries.New()).Token;

        _time.Advance(TimeSpan.FromDays(30));

        Assert.False(token.IsCancellationRequested);
    }
}
