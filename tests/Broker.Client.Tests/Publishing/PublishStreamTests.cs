using System.Runtime.CompilerServices;
using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

/// <summary>Streams of a client that has no broker: what they do at their ends.</summary>
public sealed class PublishStreamTests : IAsyncDisposable
{
    private readonly WatchedTime _time = new();
    private readonly BrokerClient _client;

    public PublishStreamTests() => _client = new BrokerClient(NoBroker.Options(_time));

    public async ValueTask DisposeAsync() => await _time.RunUntilAsync(_client.DisposeAsync().AsTask());

    [Fact]
    public async Task A_source_with_nothing_in_it_is_done_at_once()
    {
        Assert.Equal(0, await _client.SendManyAsync("q", Array.Empty<Message>()).SoonAsync());
        Assert.Empty(await _client.TrySendManyAsync("q", Array.Empty<Message>()).ToListAsync());
        Assert.Equal(BrokerConnectionState.Idle, _client.State);
    }

    [Fact]
    public async Task The_end_of_a_source_on_another_thread_is_never_missed()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 5_000; round++)
                await _client.PublishManyAsync(EmptyAsync());
        }))).SoonAsync();

        static async IAsyncEnumerable<Publication> EmptyAsync()
        {
            await Task.Yield();
            yield break;
        }
    }

    [Fact]
    public async Task A_token_that_fires_after_the_last_was_taken_is_told()
    {
        using var cancelled = new CancellationTokenSource();
        var throwing = _client.SendManyAsync("q", ["a", "b"], cancellationToken: cancelled.Token);
        var outcomes = new List<PublishOutcome>();
        var trying = TryAsync();

        await cancelled.CancelAsync();

        Assert.Equal(cancelled.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => throwing.SoonAsync())).CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trying.SoonAsync());
        Assert.Equal([PublishOutcome.NotSent, PublishOutcome.NotSent], outcomes);

        async Task TryAsync()
        {
            await foreach (var result in _client.TrySendManyAsync("q", ["a", "b"], cancellationToken: cancelled.Token))
                outcomes.Add(result.Outcome);
        }
    }

    [Fact]
    public async Task A_source_that_breaks_off_is_told_with_what_failed_before()
    {
        var sending = _client.SendManyAsync("q", Broken(new IOException("The file has ended.")));

        _time.Advance(TimeSpan.FromSeconds(31));

        var error = await Assert.ThrowsAsync<PublishManyException>(() => sending.SoonAsync());
        Assert.Equal((0L, "1"), (error.Confirmed, Assert.Single(error.Failures).PublishedMessage.MessageId));
        Assert.IsType<IOException>(error.InnerException);
        Assert.EndsWith("The stream broke off: The file has ended.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_cancels_itself_hides_no_failure()
    {
        var sending = _client.SendManyAsync("q", Broken(new OperationCanceledException("The source gave up.")));

        _time.Advance(TimeSpan.FromSeconds(31));

        var error = await Assert.ThrowsAsync<PublishManyException>(() => sending.SoonAsync());
        Assert.Equal("1", Assert.Single(error.Failures).PublishedMessage.MessageId);
        Assert.IsType<OperationCanceledException>(error.InnerException);
    }

    [Fact]
    public async Task A_source_that_breaks_off_at_once_throws_its_own_error()
    {
        await Assert.ThrowsAsync<IOException>(() => _client.PublishManyAsync(BrokenAtOnce()).SoonAsync());
        await Assert.ThrowsAsync<IOException>(() => _client.TryPublishManyAsync(BrokenAtOnce()).ToListAsync().AsTask().SoonAsync());

        static async IAsyncEnumerable<Publication> BrokenAtOnce()
        {
            await Task.Yield();
            throw new IOException();
#pragma warning disable CS0162 // it makes this an iterator
            yield break;
#pragma warning restore CS0162
        }
    }

    [Fact]
    public async Task On_a_disposed_client_a_stream_throws_and_does_not_run_through_its_source()
    {
        await DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => _client.SendManyAsync("q", ["a", "b"]).SoonAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => _client.TrySendManyAsync("q", AsyncEnumerable.Repeat(new Message(), int.MaxValue)).ToListAsync().AsTask().SoonAsync());
    }

    [Fact]
    public async Task A_reader_that_goes_early_stops_a_source_that_waits_and_the_source_is_closed()
    {
        var closed = new TaskCompletionSource();

        await _time.RunUntilAsync(ReadOneAsync()); // to its deadline

        Assert.True(closed.Task.IsCompleted);

        async Task ReadOneAsync()
        {
            await foreach (var _ in _client.TryPublishManyAsync(OneAndWaitAsync()))
                break;
        }

        async IAsyncEnumerable<Publication> OneAndWaitAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return new Publication("", "q", new Message());
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }
            finally
            {
                closed.SetResult();
            }
        }
    }

    [Fact]
    public void What_is_missing_is_thrown_at_the_call()
    {
        Assert.Throws<ArgumentNullException>(() => { _ = _client.SendManyAsync("q", (IEnumerable<Message>)null!); });
        Assert.Throws<ArgumentException>(() => { _ = _client.SendManyAsync("", ["a"]); });
        Assert.Throws<ArgumentNullException>(() => { _ = _client.TrySendManyAsync("q", (IAsyncEnumerable<Message>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = ((IPublisher)null!).SendManyAsync("q", ["a"]); });
        Assert.Throws<ArgumentNullException>(() => { _ = ((IPublisher)null!).TryPublishManyAsync(Array.Empty<Publication>()); });
    }

    private static IEnumerable<Message> Broken(Exception error)
    {
        yield return new Message { MessageId = "1" };
        throw error;
    }
}
