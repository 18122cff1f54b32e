using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

public sealed class StateChangedTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Changes_are_told_in_order_and_with_their_cause()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = new BrokerClient(relay.Uri.ToString());
        var states = new StateRecorder(client);

        await client.FindQueueAsync("any");
        await states.WaitForAsync(BrokerConnectionState.Connected);
        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        await states.WaitForAsync(BrokerConnectionState.Connected, after: 2);
        await client.DisposeAsync();
        await states.WaitForAsync(BrokerConnectionState.Closed);

        Assert.Equal(
            [
                (BrokerConnectionState.Idle, BrokerConnectionState.Connected),
                (BrokerConnectionState.Connected, BrokerConnectionState.Connecting),
                (BrokerConnectionState.Connecting, BrokerConnectionState.Connected),
                (BrokerConnectionState.Connected, BrokerConnectionState.Closed),
            ],
            states.Changes.Select(change => (change.Previous, change.Current)));
        var cause = Assert.IsType<BrokerConnectionException>(states.Changes[1].Cause);
        Assert.Equal(ConnectionFailure.Lost, cause.Reason);
        Assert.Equal(cause.Message, states.Changes[1].Reason);
        Assert.All([states.Changes[0], states.Changes[2]], change => Assert.Null(change.Cause));
    }

    [Fact]
    public async Task A_refusal_is_told_as_faulted_with_its_reason()
    {
        await using var client = new BrokerClient(BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with { VirtualHost = "no-such-host" });
        var states = new StateRecorder(client);

        await client.TrySendAsync("queue", "text");
        var change = await states.WaitForAsync(BrokerConnectionState.Faulted);

        Assert.Equal(ConnectionFailure.VirtualHostNotFound, Assert.IsType<BrokerConnectionException>(change.Cause).Reason);
    }

    [Fact]
    public async Task The_sender_is_the_client_and_its_state_is_the_new_one()
    {
        await using var client = new BrokerClient(brokers.Shared.Uri.ToString());
        var told = new TaskCompletionSource<(object? Sender, BrokerConnectionState State)>();
        client.StateChanged += (sender, _) => told.TrySetResult((sender, client.State));

        await client.FindQueueAsync("any");

        Assert.Equal((client, BrokerConnectionState.Connected), await told.Task.WaitAsync(s_patience, TimeProvider.System));
    }

    [Fact]
    public async Task A_subscriber_that_blocks_holds_up_nothing_but_the_telling()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareQueueAsync(queue);
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource();
        client.StateChanged += (_, _) =>
        {
            blocked.TrySetResult();
            release.Wait(s_patience);
        };

        relay.CutAll();
        await blocked.Task.WaitAsync(s_patience, TimeProvider.System);
        var sent = await client.SendAsync(queue, "while it blocks").AsTask().WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
        var stillBlocked = !release.IsSet;
        release.Set();

        Assert.True(sent.IsConfirmed);
        Assert.True(stillBlocked);
        Assert.Equal(BrokerConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task A_subscriber_that_throws_disturbs_nobody()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = new BrokerClient(relay.Uri.ToString());
        client.StateChanged += (_, _) => throw new InvalidOperationException("a subscriber's mistake");
        var states = new StateRecorder(client);

        await client.FindQueueAsync("any");
        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        await states.WaitForAsync(BrokerConnectionState.Connected, after: 2);

        Assert.Equal([BrokerConnectionState.Connected, BrokerConnectionState.Connecting, BrokerConnectionState.Connected], states.States);
    }
}
