using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class PublisherTests : IAsyncDisposable
{
    private readonly WatchedTime _time = new();
    private readonly BrokerClient _client;

    public PublisherTests() => _client = new BrokerClient(NoBroker.Options(_time));

    public async ValueTask DisposeAsync() => await _time.RunUntilAsync(_client.DisposeAsync().AsTask());

    [Fact]
    public void What_is_wrong_is_thrown_at_the_call_and_not_by_the_result()
    {
        Assert.Throws<ArgumentNullException>(() => { _ = _client.TryPublishAsync(null!, "", "m").AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = _client.TryPublishAsync("x", null!, "m").AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.TryPublishAsync(Samples.Name(256), "", "m").AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.TryPublishAsync("x", Samples.Name(256), "m").AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.TrySendAsync("", "m").AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.SendAsync("", "m").AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = _client.TrySendAsync("q", (Message)null!).AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.TrySendAsync("q", new Message { Headers = { ["x"] = 'c' } }).AsTask(); });
        Assert.Throws<ArgumentException>(() => { _ = _client.TrySendAsync("q", new byte[(16 * 1024 * 1024) + 1]).AsTask(); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = _client.TrySendAsync("q", "m", new PublishOptions { Deadline = TimeSpan.Zero }).AsTask(); });

        Assert.Equal(BrokerConnectionState.Idle, _client.State);
    }

    [Fact]
    public async Task Without_a_connection_a_publish_ends_at_its_deadline_as_not_sent()
    {
        var sending = _client.TrySendAsync("q", "m").AsTask();

        _time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(sending.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.4));

        var result = await sending.SoonAsync();
        Assert.Equal(PublishOutcome.NotSent, result.Outcome);
        Assert.StartsWith("The deadline is over", result.ReplyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_why_there_is_no_connection_is_told()
    {
        var sending = _client.TrySendAsync("q", "m").AsTask();
        await _time.NextWaitAsync();

        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.Contains("The vault is shut.", (await sending.SoonAsync()).ReplyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deadline_of_its_own_wins_over_the_clients()
    {
        var (sooner, later) = (
            _client.TrySendAsync("q", "m", new PublishOptions { Deadline = TimeSpan.FromSeconds(1) }).AsTask(),
            _client.TrySendAsync("q", "m", new PublishOptions { Deadline = TimeSpan.FromMinutes(1) }).AsTask());

        _time.Advance(TimeSpan.FromSeconds(1.4));
        Assert.Equal(PublishOutcome.NotSent, (await sooner.SoonAsync()).Outcome);
        _time.Advance(TimeSpan.FromSeconds(58));
        Assert.False(later.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(PublishOutcome.NotSent, (await later.SoonAsync()).Outcome);
    }

    [Fact]
    public async Task Where_it_throws_the_deadline_is_an_exception_that_may_pass()
    {
        var message = new Message { MessageId = "7" };
        var sending = _client.SendAsync("q", message).AsTask();

        _time.Advance(TimeSpan.FromSeconds(31));

        var error = await Assert.ThrowsAsync<PublishException>(() => sending.SoonAsync());
        Assert.Equal((PublishOutcome.NotSent, true), (error.Outcome, error.IsTransient));
        Assert.Same(message, error.PublishedMessage);
        Assert.StartsWith("Message 7 to queue 'q' was not sent: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_ends_the_wait_at_once()
    {
        using var source = new CancellationTokenSource();
        var (tried, sent) = (_client.TrySendAsync("q", "m", null, source.Token).AsTask(), _client.SendAsync("q", "m", null, source.Token).AsTask());

        await source.CancelAsync();

        Assert.Equal(PublishOutcome.NotSent, (await tried.SoonAsync()).Outcome);
        Assert.Equal(source.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent.SoonAsync())).CancellationToken);
    }

    [Fact]
    public async Task A_disposed_client_publishes_no_more()
    {
        await _client.DisposeAsync().AsTask().SoonAsync();

        Assert.Equal(PublishOutcome.NotSent, (await _client.TrySendAsync("q", "m")).Outcome);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _client.SendAsync("q", "m"));
    }

    [Fact]
    public async Task A_client_without_an_answer_gives_up_connecting_at_its_deadline_with_the_last_reason()
    {
        var connecting = BrokerClient.ConnectAsync(NoBroker.Options(_time) with { ConnectDeadline = TimeSpan.FromSeconds(5) });
        // That of the deadline and that between two attempts, in whatever order they begin.
        await _time.NextWaitAsync();
        await _time.NextWaitAsync();

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => _time.RunUntilAsync(connecting));
        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Contains("Gave up connecting after 5 s (BrokerOptions.ConnectDeadline).", error.Message, StringComparison.Ordinal);
        Assert.Contains("The vault is shut.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_gives_up_connecting_after_so_many_attempts()
    {
        var attempts = 0;
        var began = _time.GetTimestamp();

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() =>
            _time.RunUntilAsync(BrokerClient.ConnectAsync(NoBroker.Options(_time, () => attempts++) with { ConnectAttempts = 3, ConnectDeadline = TimeSpan.FromDays(40) })));

        Assert.Contains("The vault is shut.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ConnectDeadline", error.Message, StringComparison.Ordinal);
        Assert.True(attempts >= 3, $"It gave up after {attempts} attempts.");
        Assert.True(_time.GetElapsedTime(began) < TimeSpan.FromDays(40));
    }
}
