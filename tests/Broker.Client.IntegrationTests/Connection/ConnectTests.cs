using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>What ConnectAsync proves, and how it says no.</summary>
public sealed class ConnectTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_atOnce = TimeSpan.FromSeconds(5);

    private BrokerOptions Good => BrokerOptions.Parse(brokers.Shared.Uri.ToString());

    private static BrokerEndpoint Dead => new("127.0.0.1", LoopbackPort.Free());

    [Fact]
    public async Task A_client_that_has_connected_is_connected_and_works()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();

        await using var client = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());

        Assert.Equal(BrokerConnectionState.Connected, client.State);
        Assert.Equal(queue, (await client.DeclareQueueAsync(queue)).Name);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_at_once_and_not_shown()
    {
        var options = Good with { Password = "not-the-password" };

        var error = await RefusedAsync(options, s_atOnce);

        Assert.Equal(ConnectionFailure.AuthenticationFailed, error.Reason);
        Assert.False(error.IsTransient);
        Assert.Contains($"127.0.0.1:{brokers.Shared.Port}", error.Message);
        Assert.Contains($"user '{options.UserName}'", error.Message);
        Assert.Contains("Check user name and password", error.Message);
        Assert.DoesNotContain(options.Password, error.ToString());
    }

    [Fact]
    public async Task A_virtual_host_that_does_not_exist_is_refused_at_once_by_its_name()
    {
        var error = await RefusedAsync(Good with { VirtualHost = "no-such-host" }, s_atOnce);

        Assert.Equal(ConnectionFailure.VirtualHostNotFound, error.Reason);
        Assert.False(error.IsTransient);
        Assert.Equal(530, error.ReplyCode);
        Assert.Contains($"127.0.0.1:{brokers.Shared.Port}", error.Message);
        Assert.Contains("'no-such-host'", error.Message);
        Assert.Contains("add_vhost", error.Message);
    }

    [Fact]
    public async Task A_host_where_nobody_listens_is_unreachable_after_the_attempts_that_were_asked_for()
    {
        var endpoint = Dead;

        var error = await RefusedAsync(Good with { Endpoints = [endpoint], ConnectAttempts = 1 }, s_atOnce);

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.True(error.IsTransient);
        Assert.Contains($"{endpoint}", error.Message);
        Assert.Contains("broker is running", error.Message);
    }

    [Fact]
    public async Task A_host_name_that_does_not_exist_is_unreachable_by_its_name()
    {
        var options = Good with { Endpoints = [new("no-such-host.invalid")], ConnectAttempts = 1 };

        var error = await RefusedAsync(options, TimeSpan.FromSeconds(12));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Contains("no-such-host.invalid", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_attempts_are_made_as_the_uri_says(int attempts)
    {
        await using var dying = new TcpRelay(new Uri($"amqp://127.0.0.1:{LoopbackPort.Free()}"));
        var options = BrokerOptions.Parse($"{dying.Uri.GetLeftPart(UriPartial.Authority)}/?connection_attempts={attempts}&retry_delay=0.01");

        var error = await RefusedAsync(options, s_atOnce);

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Equal(attempts, dying.Accepted);
    }

    [Fact]
    public async Task A_host_that_stays_away_is_given_up_at_the_deadline()
    {
        var began = TimeProvider.System.GetTimestamp();

        var error = await RefusedAsync(Good with { Endpoints = [Dead], ConnectDeadline = TimeSpan.FromSeconds(1) }, s_atOnce);

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Contains("BrokerOptions.ConnectDeadline", error.Message);
        Assert.Contains("broker is running", error.Message);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task A_token_that_fires_ends_the_wait()
    {
        using var token = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);

        var connecting = BrokerClient.ConnectAsync(Good with { Endpoints = [Dead] }, token.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(s_atOnce, TimeProvider.System));
    }

    [Fact]
    public async Task A_token_ends_the_wait_for_a_host_that_never_answers()
    {
        await using var silent = new SilentHost();
        using var token = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);

        var connecting = BrokerClient.ConnectAsync(Good with { Endpoints = [silent.Endpoint] }, token.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(s_atOnce, TimeProvider.System));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_that_accepts_and_never_answers_is_given_up_within_the_connect_timeout(bool tls)
    {
        await using var silent = new SilentHost();
        var options = Good with
        {
            Endpoints = [silent.Endpoint],
            ConnectTimeout = TimeSpan.FromMilliseconds(500),
            ConnectAttempts = 1,
            Tls = tls ? new TlsOptions() : null,
        };

        var error = await RefusedAsync(options, TimeSpan.FromSeconds(3));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Contains($"{silent.Endpoint}", error.Message);
    }

    [Fact]
    public async Task After_a_host_that_never_answers_the_next_one_is_used()
    {
        await using var silent = new SilentHost();
        var options = Good with { ConnectTimeout = TimeSpan.FromMilliseconds(500), ConnectAttempts = 1 };
        options.Endpoints = [silent.Endpoint, .. options.Endpoints];

        await using var client = await BrokerClient.ConnectAsync(options).WaitAsync(s_atOnce, TimeProvider.System);

        Assert.Equal(1, silent.Accepted);
        Assert.Equal(BrokerConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task After_a_host_that_is_down_the_next_one_is_used()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var options = Good with { Endpoints = [Dead, new("127.0.0.1", relay.Uri.Port)], ConnectAttempts = 1 };

        await using var client = await BrokerClient.ConnectAsync(options).WaitAsync(s_atOnce, TimeProvider.System);

        Assert.Equal(1, relay.Open);
    }

    [Fact]
    public async Task A_connection_that_moves_to_the_second_host_goes_on_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var first = new TcpRelay(brokers.Shared.Uri);
        await using var second = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(
            Good with { Endpoints = [new("127.0.0.1", first.Uri.Port), new("127.0.0.1", second.Uri.Port)] });
        await client.DeclareQueueAsync(queue);
        await client.SendAsync(queue, "over the first");

        first.Refuse();
        first.CutAll();
        await client.SendAsync(queue, "over the second");

        Assert.True(second.Accepted > 0);
        Assert.Equal(["over the first", "over the second"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    private static async Task<BrokerConnectionException> RefusedAsync(BrokerOptions options, TimeSpan limit) =>
        await Assert.ThrowsAsync<BrokerConnectionException>(() => BrokerClient.ConnectAsync(options).WaitAsync(limit, TimeProvider.System));
}

/// <summary>What only a broker of our own can be set up to refuse.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class ConnectPermissionTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_virtual_host_that_the_user_may_not_use_is_refused_at_once_by_name()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var options = BrokerOptions.Parse(broker.Uri.ToString()) with { VirtualHost = "locked" };
        await broker.ControlAsync("add_vhost", options.VirtualHost);

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => BrokerClient.ConnectAsync(options).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System));
        await broker.ControlAsync("delete_vhost", options.VirtualHost);

        Assert.Equal(ConnectionFailure.AccessRefused, error.Reason);
        Assert.False(error.IsTransient);
        Assert.Contains($"127.0.0.1:{broker.Port}", error.Message);
        Assert.Contains($"user '{options.UserName}'", error.Message);
        Assert.Contains("'locked'", error.Message);
        Assert.Contains("set_permissions", error.Message);
    }
}
