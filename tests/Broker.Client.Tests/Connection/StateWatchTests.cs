using System.Collections.Concurrent;
using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Client.Tests.Connection;

public sealed class StateWatchTests
{
    private readonly StateWatch _watch = new(NullLogger.Instance);
    private readonly BlockingCollection<BrokerStateChangedEventArgs> _told = [];

    [Fact]
    public async Task Changes_are_told_in_order_with_what_they_came_from()
    {
        var time = new WatchedTime();
        var supervisor = NoBroker.Supervisor(NoBroker.Options(time), _watch.Update);
        _watch.Watch(supervisor);
        _watch.Changed += (_, change) => _told.Add(change);

        Bounded.ObserveLater(supervisor.GetAsync(CancellationToken.None));
        await time.NextWaitAsync();
        await supervisor.DisposeAsync();

        var (first, second) = (Take(), Take());
        Assert.Equal((BrokerConnectionState.Idle, BrokerConnectionState.Connecting), (first.Previous, first.Current));
        Assert.Equal((BrokerConnectionState.Connecting, BrokerConnectionState.Closed), (second.Previous, second.Current));
        Assert.Equal(ConnectionFailure.Unreachable, Assert.IsType<BrokerConnectionException>(first.Cause).Reason);
        Assert.Equal(first.Cause!.Message, first.Reason);
        Assert.Equal(BrokerConnectionState.Closed, _watch.State);
    }

    [Fact]
    public async Task The_worse_of_two_connections_is_the_clients_state()
    {
        var time = new WatchedTime();
        await using var idle = NoBroker.Supervisor(NoBroker.Options(time), _watch.Update);
        await using var trying = NoBroker.Supervisor(NoBroker.Options(time), _watch.Update);
        _watch.Watch(idle, trying);

        Bounded.ObserveLater(trying.GetAsync(CancellationToken.None));
        await time.NextWaitAsync();
        _watch.Update(idle);

        Assert.Equal(BrokerConnectionState.Connecting, _watch.State);
    }

    [Fact]
    public async Task What_is_no_change_is_not_told()
    {
        var supervisor = NoBroker.Supervisor(new BrokerOptions());
        _watch.Watch(supervisor);
        _watch.Changed += (_, change) => _told.Add(change);

        _watch.Update(supervisor);
        await supervisor.DisposeAsync();
        _watch.Update(supervisor);
        _watch.Update(supervisor);

        Assert.Equal(BrokerConnectionState.Idle, Take().Previous);
        Assert.False(_told.TryTake(out _));
    }

    [Fact]
    public async Task A_subscriber_that_throws_does_not_keep_it_from_the_others()
    {
        var supervisor = NoBroker.Supervisor(new BrokerOptions());
        var sender = new object();
        object? toldBy = null;
        _watch.Sender = sender;
        _watch.Watch(supervisor);
        _watch.Changed += (_, _) => throw new InvalidOperationException("mine");
        _watch.Changed += (by, change) =>
        {
            toldBy = by;
            _told.Add(change);
        };

        await supervisor.DisposeAsync();
        _watch.Update(supervisor);

        Assert.Equal(BrokerConnectionState.Closed, Take().Current);
        Assert.Same(sender, toldBy);
    }

    [Fact]
    public async Task A_subscriber_that_blocks_does_not_block_who_tells_the_change()
    {
        using var release = new ManualResetEventSlim();
        var supervisor = NoBroker.Supervisor(new BrokerOptions());
        _watch.Watch(supervisor);
        _watch.Changed += (_, change) =>
        {
            release.Wait();
            _told.Add(change);
        };

        await supervisor.DisposeAsync();
        _watch.Update(supervisor);

        Assert.Equal(BrokerConnectionState.Closed, _watch.State);
        Assert.Empty(_told);
        release.Set();
        Take();
    }

    private BrokerStateChangedEventArgs Take()
    {
        Assert.True(_told.TryTake(out var change, Samples.Patience), "No change was told.");
        return change;
    }
}
