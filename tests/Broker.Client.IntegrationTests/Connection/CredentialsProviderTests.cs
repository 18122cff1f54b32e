using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

public sealed class CredentialsProviderTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Credentials_are_asked_for_at_every_connect()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var asked = 0;
        var options = BrokerOptions.Parse(relay.Uri.ToString());
        var right = new BrokerCredentials(options.UserName, options.Password);
        (options.UserName, options.Password) = ("nobody", "nothing");
        options.CredentialsProvider = _ =>
        {
            Interlocked.Increment(ref asked);
            return new(right);
        };
        await using var client = await BrokerClient.ConnectAsync(options);
        var states = new StateRecorder(client);
        Assert.Equal(1, asked);

        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connecting);
        await states.WaitForAsync(BrokerConnectionState.Connected);

        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_provider_that_fails_is_asked_again()
    {
        var asked = 0;
        var options = BrokerOptions.Parse(brokers.Shared.Uri.ToString());
        var right = new BrokerCredentials(options.UserName, options.Password);
        options.CredentialsProvider = _ => Interlocked.Increment(ref asked) < 3
            ? throw new InvalidOperationException("no token yet")
            : new(right);

        await using var client = await BrokerClient.ConnectAsync(options);

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_provider_that_never_works_is_named_when_the_connect_gives_up()
    {
        var options = BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with { ConnectAttempts = 2 };
        options.CredentialsProvider = _ => throw new InvalidOperationException("no token today");

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => BrokerClient.ConnectAsync(options));

        Assert.Contains("CredentialsProvider", error.Message);
        Assert.Contains("no token today", error.Message);
    }

    [Fact]
    public async Task A_provider_that_never_answers_is_given_up_within_the_connect_timeout()
    {
        var options = BrokerOptions.Parse(brokers.Shared.Uri.ToString()) with
        {
            ConnectAttempts = 1,
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        };
        options.CredentialsProvider = _ => new(new TaskCompletionSource<BrokerCredentials>().Task);

        var connecting = BrokerClient.ConnectAsync(options).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);

        Assert.Contains("CredentialsProvider", (await Assert.ThrowsAsync<BrokerConnectionException>(() => connecting)).Message);
    }
}
