using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Connection;

public sealed class BoundedTests
{
    private readonly WatchedTime _time = new();
    private readonly TaskCompletionSource<int> _never = new();

    [Fact]
    public async Task What_ends_in_time_passes_through()
    {
        Assert.Equal(7, await Task.FromResult(7).WithinAsync(TimeSpan.FromSeconds(1), _time));
        await Assert.ThrowsAsync<IOException>(() => Task.FromException(new IOException()).WithinAsync(TimeSpan.FromSeconds(1), _time));
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_given_up_by_the_clock_that_was_given()
    {
        var bounded = _never.Task.WithinAsync(TimeSpan.FromSeconds(5), _time);

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(bounded.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await Assert.ThrowsAsync<TimeoutException>(() => bounded.SoonAsync());
    }

    [Fact]
    public async Task A_token_ends_the_wait()
    {
        using var source = new CancellationTokenSource();
        var bounded = ((Task)_never.Task).WithinAsync(TimeSpan.FromSeconds(5), _time, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bounded.SoonAsync());
    }
}
