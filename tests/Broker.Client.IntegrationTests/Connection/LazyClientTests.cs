using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>A client that is made with new: no I/O before the first use, and then it keeps trying.</summary>
public sealed class LazyClientTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_client_that_is_never_used_connects_to_nobody()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);

        var client = new BrokerClient(Through(relay));
        var state = client.State;
        await client.DisposeAsync();

        Assert.Equal(BrokerConnectionState.Idle, state);
        Assert.Equal(0, relay.Accepted);
    }

    [Fact]
    public async Task The_first_use_waits_until_the_broker_is_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var client = new BrokerClient(Through(relay));
        var states = new StateRecorder(client);

        var sending = client.SendAsync(queue, "patient").AsTask();
        var change = await states.WaitForAsync(BrokerConnectionState.Connecting);
        Assert.False(sending.IsCompleted);
        relay.AcceptAgain();
        await sending.WaitAsync(s_patience, TimeProvider.System);

        Assert.Equal(ConnectionFailure.Unreachable, Assert.IsType<BrokerConnectionException>(change.Cause).Reason);
        Assert.Equal("patient", (await probe.GetAsync(queue))?.Text);
    }

    [Fact]
    public async Task A_consumer_starts_when_the_broker_is_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await probe.PublishAsync(queue, "waiting");
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        await using var client = new BrokerClient(Through(relay));
        var states = new StateRecorder(client);
        var received = new TaskCompletionSource<string>();

        var consuming = client.ConsumeAsync(queue, delivery => { received.TrySetResult(delivery.GetText()); }).AsTask();
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        relay.AcceptAgain();
        await using var consumer = await consuming.WaitAsync(s_patience, TimeProvider.System);

        Assert.Equal("waiting", await received.Task.WaitAsync(s_patience, TimeProvider.System));
    }

    [Fact]
    public async Task A_wrong_password_ends_the_publishes_that_wait_by_name_and_at_once()
    {
        await using var client = new BrokerClient(BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with { Password = "wrong" });
        var limit = TimeSpan.FromSeconds(5);

        var waiting = Enumerable.Range(0, 10).Select(_ => client.TrySendAsync("queue", "text").AsTask()).ToList();
        var results = await Task.WhenAll(waiting).WaitAsync(limit, TimeProvider.System);
        var error = await Assert.ThrowsAsync<PublishException>(
            () => client.SendAsync("queue", "text").AsTask().WaitAsync(limit, TimeProvider.System));

        Assert.All(results, result => Assert.Equal(PublishOutcome.NotSent, result.Outcome));
        Assert.All(results, result => Assert.Contains("refused the login", result.ReplyText));
        Assert.Equal(PublishOutcome.NotSent, error.Outcome);
        Assert.Contains("refused the login", error.Message);
        Assert.False(error.IsTransient);
        Assert.Equal(BrokerConnectionState.Faulted, client.State);
    }

    [Fact]
    public async Task A_wrong_password_ends_a_declaration_and_a_consume_by_name()
    {
        await using var client = new BrokerClient(BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with { Password = "wrong" });

        var declaring = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => client.DeclareQueueAsync("queue").AsTask().WaitAsync(s_patience, TimeProvider.System));
        var consuming = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => client.ConsumeAsync("queue", _ => { }).AsTask().WaitAsync(s_patience, TimeProvider.System));

        Assert.Equal(ConnectionFailure.AuthenticationFailed, declaring.Reason);
        Assert.Equal(ConnectionFailure.AuthenticationFailed, consuming.Reason);
    }

    [Fact]
    public async Task A_client_heals_when_its_credentials_become_right()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        var options = BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with { MaxReconnectDelay = TimeSpan.FromMilliseconds(200) };
        var right = new BrokerCredentials(options.UserName, options.Password);
        var given = right with { Password = "expired" };
        options.CredentialsProvider = _ => new(given);
        await using var client = new BrokerClient(options);
        var states = new StateRecorder(client);

        var before = await client.TrySendAsync(queue, "too early");
        given = right;
        await states.WaitForAsync(BrokerConnectionState.Connected);
        await client.SendAsync(queue, "healed");

        Assert.Equal(PublishOutcome.NotSent, before.Outcome);
        Assert.Equal([BrokerConnectionState.Faulted, BrokerConnectionState.Connected], states.States);
        Assert.Equal(["healed"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    private static BrokerOptions Through(TcpRelay relay) => BrokerOptions.Parse(relay.Uri.ToString());
}
