using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

/// <summary>Publish filters of a client that has no broker: their order, what they change, and who is told what.</summary>
public sealed class PublishFilterTests : IAsyncDisposable
{
    private readonly WatchedTime _time = new();
    private readonly List<string> _calls = [];
    private BrokerClient? _client;

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
            await _time.RunUntilAsync(_client.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_first_is_outermost_and_each_sees_what_the_one_before_has_made_of_it()
    {
        var client = Client(
            Filter(async (publication, next, token) =>
            {
                _calls.Add($"1 {publication.RoutingKey}");
                var result = await next(publication with { RoutingKey = "two" }, token);
                _calls.Add($"1 {result.Outcome}");
                return result;
            }),
            Filter((publication, _, _) =>
            {
                _calls.Add($"2 {publication.RoutingKey}");
                return new(new PublishResult(PublishOutcome.Confirmed, "made"));
            }));

        var result = await client.PublishAsync("exchange", "one", "m");

        Assert.Equal(["1 one", "2 two", "1 Confirmed"], _calls);
        Assert.Equal(("made", BrokerConnectionState.Idle), (result.MessageId, client.State));
    }

    [Fact]
    public async Task A_filter_sees_the_outcome_and_the_caller_who_wants_it_the_exception()
    {
        var client = Client(Filter(async (publication, next, token) =>
        {
            var result = await next(publication with { Options = new() { Deadline = TimeSpan.FromSeconds(1) } }, token);
            _calls.Add($"{result.Outcome}");
            return result;
        }));
        var (sending, trying) = (client.SendAsync("q", "m").AsTask(), client.TrySendAsync("q", "m").AsTask());

        _time.Advance(TimeSpan.FromSeconds(1.4));

        var error = await Assert.ThrowsAsync<PublishException>(() => sending.SoonAsync());
        Assert.Equal((PublishOutcome.NotSent, true), (error.Outcome, error.IsTransient));
        Assert.Equal(PublishOutcome.NotSent, (await trying.SoonAsync()).Outcome);
        Assert.Equal(["NotSent", "NotSent"], _calls);
    }

    [Fact]
    public async Task A_token_that_fires_is_the_callers_exception_as_without_filters()
    {
        using var source = new CancellationTokenSource();
        var client = Client(Filter(static (publication, next, token) => next(publication, token)));
        var sending = client.SendAsync("q", "m", null, source.Token).AsTask();

        await source.CancelAsync();

        Assert.Equal(source.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.SoonAsync())).CancellationToken);
    }

    [Fact]
    public async Task An_outcome_that_a_filter_makes_itself_is_an_exception_to_a_caller_who_wants_one()
    {
        var client = Client(Filter(static (_, _, _) => new(new PublishResult(PublishOutcome.Rejected, "7", 0, "not on a Sunday"))));

        var error = await Assert.ThrowsAsync<PublishException>(async () => await client.SendAsync("q", "m"));

        Assert.Equal("Message 7 to queue 'q' was rejected: not on a Sunday", error.Message);
        Assert.Equal(PublishOutcome.Rejected, (await client.TrySendAsync("q", "m")).Outcome);
    }

    [Fact]
    public async Task What_a_filter_throws_ends_the_publish_in_both_forms()
    {
        var client = Client(Filter(static (_, _, _) => throw new UnauthorizedAccessException("mine")));

        Assert.Equal("mine", (await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await client.SendAsync("q", "m"))).Message);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(async () => await client.TrySendAsync("q", "m"));
    }

    [Fact]
    public async Task What_filters_have_made_that_cannot_be_sent_is_refused_by_the_result()
    {
        var client = Client(Filter(static (publication, next, token) => next(publication with { Message = new byte[(16 * 1024 * 1024) + 1] }, token)));

        await Assert.ThrowsAsync<ArgumentException>(async () => await client.TrySendAsync("q", "m"));
        Assert.Throws<ArgumentNullException>(() => { _ = client.TrySendAsync("q", (Message)null!).AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = client.TryPublishAsync(null!, "", "m").AsTask(); });
    }

    [Fact]
    public async Task A_stream_ends_when_a_filter_throws_and_takes_no_more_and_what_was_taken_is_published()
    {
        var taken = 0;
        var client = Client(Filter((publication, _, _) => publication.Message.MessageId == "3"
            ? throw new UnauthorizedAccessException("mine")
            : new(new PublishResult(PublishOutcome.Confirmed, publication.Message.MessageId!))));
        var ids = new List<string>();

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => ReadAsync().SoonAsync());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.PublishManyAsync(Endless()).SoonAsync());

        Assert.Equal(["1", "2"], ids.Take(2));
        Assert.DoesNotContain("3", ids);
        Assert.InRange(taken, 3, 3000);

        async Task ReadAsync()
        {
            await foreach (var result in client.TryPublishManyAsync(Endless()))
                ids.Add(result.MessageId);
        }

        async IAsyncEnumerable<Publication> Endless()
        {
            for (var number = 1; ; number++)
            {
                await Task.Yield();
                taken++;
                yield return new("", "q", new Message { MessageId = $"{number}" });
            }
        }
    }

    [Fact]
    public async Task The_room_of_streams_is_given_back_as_it_was_taken_whatever_filters_make_of_bodies()
    {
        TaskCompletionSource? waiting = null;
        var client = Client(static options => options.WindowBytes = 120, Filter(async (_, _, _) =>
        {
            // There is room for two, and each waits for the other.
            var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref waiting, own, null) is { } other)
            {
                waiting = null;
                other.SetResult();
            }
            else
            {
                await own.Task;
            }

            return new PublishResult(PublishOutcome.Confirmed, "id");
        }));

        Assert.Equal(50, await client.SendManyAsync("q", Enumerable.Repeat(new Message(new byte[60]), 50)).SoonAsync());
    }

    [Fact]
    public void A_null_among_them_is_refused()
    {
        Assert.Contains("PublisherOptions.Filters", Assert.Throws<ArgumentException>(() => Client([null!])).Message, StringComparison.Ordinal);
    }

    private static TestFilter Filter(Func<Publication, PublishNext, CancellationToken, ValueTask<PublishResult>> publish) => new(publish);

    private BrokerClient Client(params IPublishFilter[] filters) => Client(static _ => { }, filters);

    private BrokerClient Client(Action<PublisherOptions> configure, params IPublishFilter[] filters)
    {
        var options = NoBroker.Options(_time);
        options.Publisher.Filters = filters;
        configure(options.Publisher);
        return _client = new BrokerClient(options);
    }

    private sealed class TestFilter(Func<Publication, PublishNext, CancellationToken, ValueTask<PublishResult>> publish) : IPublishFilter
    {
        public ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken) =>
            publish(publication, next, cancellationToken);
    }
}
