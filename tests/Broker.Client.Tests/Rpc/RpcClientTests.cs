using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Rpc;

/// <summary>Calls of a client that finds no broker, on a clock that the test moves.</summary>
public sealed class RpcClientTests : IAsyncDisposable
{
    private readonly WatchedTime _time = new();
    private readonly BrokerClient _client;
    private readonly long _began;

    public RpcClientTests() => (_client, _began) = (new BrokerClient(NoBroker.Options(_time)), _time.GetTimestamp());

    public async ValueTask DisposeAsync() => await _time.RunUntilAsync(_client.DisposeAsync().AsTask());

    [Fact]
    public void What_is_wrong_is_thrown_at_the_call_and_not_by_the_task()
    {
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("", "m")));
        Assert.IsType<ArgumentNullException>(Thrown(() => _client.CallAsync("q", (Message)null!)));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync(Samples.Name(256), "m")));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("x", Samples.Name(256), "m")));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("q", new Message { CorrelationId = "mine" })));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("q", new Message { ReplyTo = "mine" })));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("q", new Message { Headers = { ["x"] = 'c' } })));
        Assert.IsType<ArgumentException>(Thrown(() => _client.CallAsync("q", new byte[(16 * 1024 * 1024) + 1])));
        Assert.IsType<ArgumentOutOfRangeException>(Thrown(() => _client.CallAsync("q", "m", TimeSpan.Zero)));
        Assert.IsType<ArgumentOutOfRangeException>(Thrown(() => _client.CallAsync("q", "m", TimeSpan.FromDays(50))));

        Assert.Equal(BrokerConnectionState.Idle, _client.State);
    }

    [Fact]
    public async Task Calls_end_each_at_its_own_timeout_whatever_the_order_they_were_made_in()
    {
        var (later, sooner, usual) = (
            _client.CallAsync("q", "m", TimeSpan.FromSeconds(20)),
            _client.CallAsync("q", "m", TimeSpan.FromSeconds(10)),
            _client.CallAsync("q", "m"));

        await EndsAtAsync(10, sooner, later);
        await EndsAtAsync(20, later, usual);
        await EndsAtAsync(30, usual);
    }

    [Fact]
    public async Task A_timer_that_found_nothing_left_is_set_again_by_the_next_call()
    {
        using var source = new CancellationTokenSource();
        var cancelled = _client.CallAsync("q", "m", TimeSpan.FromSeconds(5), source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.SoonAsync());
        _time.Advance(TimeSpan.FromSeconds(6));

        var next = _client.CallAsync("q", "m", TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAsync<CallException>(() => next.SoonAsync());
    }

    [Fact]
    public async Task The_reason_why_there_is_no_connection_is_told()
    {
        var call = _client.CallAsync("q", "m");
        await _time.RunUntilAsync(call.ContinueWith(_ => { }, TaskScheduler.Default));

        var error = await Assert.ThrowsAsync<CallException>(() => call.SoonAsync());
        Assert.Equal(CallFailure.NotSent, error.Reason);
        Assert.Contains("there was no connection.", error.Message, StringComparison.Ordinal);
        Assert.Contains("The vault is shut.", error.Message, StringComparison.Ordinal);
        Assert.IsType<BrokerConnectionException>(error.InnerException);
    }

    [Fact]
    public async Task A_token_ends_the_wait_at_once_also_one_that_has_fired_before()
    {
        using var source = new CancellationTokenSource();
        var waiting = _client.CallAsync("q", "m", cancellationToken: source.Token);
        await source.CancelAsync();

        Assert.Equal(source.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SoonAsync())).CancellationToken);
        Assert.True(_client.CallAsync("q", "m", cancellationToken: source.Token).IsCanceled);
    }

    [Fact]
    public async Task The_callers_context_is_its_own_and_may_be_suppressed()
    {
        var local = new AsyncLocal<string?>();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new BrokerClient(NoBroker.Options(TimeProvider.System, () => seen.TrySetResult(local.Value)));
        using var source = new CancellationTokenSource();

        local.Value = "the caller's";
        var call = client.CallAsync("q", "m", cancellationToken: source.Token);
        Task<Reply> another;
        using (ExecutionContext.SuppressFlow())
            another = client.CallAsync("q", "m", cancellationToken: source.Token);

        Assert.Null(await seen.Task.SoonAsync());
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.SoonAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => another.SoonAsync());
    }

    [Fact]
    public async Task A_disposed_client_calls_no_more_and_ends_what_waited()
    {
        var waiting = _client.CallAsync("q", "m");

        await _time.RunUntilAsync(_client.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.SoonAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _client.CallAsync("q", "m").SoonAsync());
    }

    // Not by the task: that would be seen only when somebody awaits it.
    private static ArgumentException? Thrown(Func<Task<Reply>> call)
    {
        try
        {
            Bounded.ObserveLater(call());
            return null;
        }
        catch (ArgumentException error)
        {
            return error;
        }
    }

    private async Task EndsAtAsync(double second, Task<Reply> call, params Task[] others)
    {
        var now = _time.GetElapsedTime(_began).TotalSeconds;
        _time.Advance(TimeSpan.FromSeconds(second - now - 0.1));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(CallFailure.NotSent, (await Assert.ThrowsAsync<CallException>(() => call.SoonAsync())).Reason);
        Assert.All(others, other => Assert.False(other.IsCompleted));
    }
}
