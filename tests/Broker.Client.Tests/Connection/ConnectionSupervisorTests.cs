using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Connection;

public sealed class ConnectionSupervisorTests
{
    private readonly WatchedTime _time = new();
    private int _attempts;

    [Fact]
    public async Task Nothing_is_tried_until_somebody_asks()
    {
        await using var supervisor = NoBroker.Supervisor(Options());

        Assert.Equal(BrokerConnectionState.Idle, supervisor.State);
        Assert.Equal(0, _attempts);
    }

    [Fact]
    public async Task The_second_attempt_is_made_at_once_and_the_further_ones_with_doubling_waits()
    {
        await using var supervisor = NoBroker.Supervisor(Options());
        var waiting = supervisor.GetAsync(CancellationToken.None);

        var waits = new List<double>();
        for (var wait = 0; wait < 7; wait++)
            waits.Add((await _time.PassNextWaitAsync()).TotalMilliseconds);

        Assert.Equal([200, 400, 800, 1600, 3200, 6400, 12000], waits);
        Assert.InRange(_attempts, 8, 9);
        Assert.False(waiting.IsCompleted);
        Bounded.ObserveLater(waiting);
    }

    [Fact]
    public async Task After_a_failed_attempt_it_is_connecting_and_knows_why()
    {
        await using var supervisor = NoBroker.Supervisor(Options());
        var waiting = supervisor.GetAsync(CancellationToken.None);

        await _time.NextWaitAsync();

        Assert.Equal(BrokerConnectionState.Connecting, supervisor.State);
        Assert.Equal(2, supervisor.FailedRounds);
        Assert.Equal(ConnectionFailure.Unreachable, supervisor.LastError!.Reason);
        Assert.Equal("BrokerOptions.CredentialsProvider failed: The vault is shut.", supervisor.LastError.Message);
        Assert.False(waiting.IsCompleted);
        Bounded.ObserveLater(waiting);
    }

    [Fact]
    public async Task After_so_many_rounds_those_who_wait_are_told()
    {
        await using var supervisor = NoBroker.Supervisor(Options());
        supervisor.RoundsBeforeTelling = 3;
        var waiting = supervisor.GetAsync(CancellationToken.None);

        await _time.NextWaitAsync();
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(200));

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => waiting.SoonAsync());
        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
    }

    [Fact]
    public async Task A_token_stops_the_waiting_and_not_the_attempts()
    {
        using var source = new CancellationTokenSource();
        await using var supervisor = NoBroker.Supervisor(Options());
        var waiting = supervisor.GetAsync(source.Token);
        await _time.NextWaitAsync();
        var before = Volatile.Read(ref _attempts);

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SoonAsync());
        _time.Advance(TimeSpan.FromMilliseconds(200));
        await _time.NextWaitAsync();

        Assert.Equal(before + 1, _attempts);
    }

    [Fact]
    public async Task Disposed_it_ends_every_wait_by_name_and_tries_no_more()
    {
        var supervisor = NoBroker.Supervisor(Options());
        var waiting = supervisor.GetAsync(CancellationToken.None);
        await _time.NextWaitAsync();

        await supervisor.DisposeAsync().AsTask().SoonAsync();
        var attempts = Volatile.Read(ref _attempts);
        _time.Advance(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.SoonAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => supervisor.GetAsync(CancellationToken.None));
        Assert.Equal(BrokerConnectionState.Closed, supervisor.State);
        Assert.Equal(attempts, Volatile.Read(ref _attempts));
    }

    [Fact]
    public async Task Disposed_twice_or_unused_it_is_closed()
    {
        var supervisor = NoBroker.Supervisor(Options());

        await supervisor.DisposeAsync();
        await supervisor.DisposeAsync();

        Assert.Equal(BrokerConnectionState.Closed, supervisor.State);
    }

    [Fact]
    public async Task While_the_other_connection_is_tried_for_this_one_is_not()
    {
        await using var leader = NoBroker.Supervisor(Options());
        var followed = 0;
        await using var follower = NoBroker.Supervisor(NoBroker.Options(new WatchedTime(), () => Interlocked.Increment(ref followed)), leader: leader);
        var leading = leader.GetAsync(CancellationToken.None);
        await _time.PassNextWaitAsync();

        var following = follower.GetAsync(CancellationToken.None);
        await _time.PassNextWaitAsync();
        follower.Hurry();
        await _time.NextWaitAsync();

        Assert.Equal(0, followed);
        Assert.Equal(BrokerConnectionState.Idle, follower.State);
        await leader.DisposeAsync();
        follower.Hurry();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref followed) > 0, Samples.Patience));
        Bounded.ObserveLater(leading);
        Bounded.ObserveLater(following);
    }

    private BrokerOptions Options() => NoBroker.Options(_time, () => Interlocked.Increment(ref _attempts));
}
