using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>Logins that expire, on a broker that ends the connections of those that have. Promise S8.</summary>
[Trait("Promise", "S8")]
public sealed class ExpiringCredentialsTests
{
    private const int ConnectionLost = 1001;
    private const int Refreshed = 1010;
    private static readonly TimeSpan s_validity = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new();
    private int _asked;

    [Fact]
    public async Task Both_connections_outlive_their_credentials_without_a_disconnect()
    {
        await using var server = await TestBroker.StartAsync(new() { Login = Check });
        using var logs = new CapturedLogs();
        await using var broker = await ConnectAsync(server, logs);
        await broker.DeclareQueueAsync("orders");
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync("orders", delivery => seen.Add(delivery.GetText()));
        await broker.SendAsync("orders", "before").InTime();

        await WaitForRefreshesAsync(logs, times: 3);
        await broker.SendAsync("orders", "after").InTime();

        Assert.Equal(["before", "after"], await seen.ReachAsync(2));
        Assert.DoesNotContain(logs.Lines, line => line.Id == ConnectionLost);
        Assert.Equal(2, server.Connections.Count);
    }

    [Fact]
    public async Task A_login_that_has_expired_all_the_same_is_made_again()
    {
        await using var server = await TestBroker.StartAsync(new() { Login = Check });
        using var logs = new CapturedLogs();
        var isShut = false;
        await using var broker = await ConnectAsync(server, logs, () => Volatile.Read(ref isShut) ? throw new InvalidOperationException("The vault is shut.") : Token());
        await broker.DeclareQueueAsync("orders");
        var states = new StateRecorder(broker);

        Volatile.Write(ref isShut, true);
        var report = await logs.WaitForAsync(line => line.Id == 1013, TimeSpan.FromSeconds(30));
        var lost = await logs.WaitForAsync(line => line.Id == ConnectionLost, TimeSpan.FromSeconds(30));
        Volatile.Write(ref isShut, false);
        await states.WaitForAsync(BrokerConnectionState.Connected);

        Assert.Contains("The vault is shut.", report.Text);
        Assert.Contains("320", lost.Text);
        Assert.Empty(Secrets(logs));
    }

    [Fact]
    public async Task A_secret_that_the_broker_refuses_costs_the_connection_and_the_next_is_asked_for()
    {
        await using var server = await TestBroker.StartAsync(new() { Login = Check });
        using var logs = new CapturedLogs();
        var bad = 0;
        await using var broker = await ConnectAsync(
            server, logs, () => Volatile.Read(ref _asked) == 1 && Interlocked.Exchange(ref bad, 1) == 0 ? Token() with { Password = "forged" } : Token());
        var states = new StateRecorder(broker);

        var lost = await logs.WaitForAsync(line => line.Id == ConnectionLost, TimeSpan.FromSeconds(30));
        await states.WaitForAsync(BrokerConnectionState.Connected);

        Assert.Contains("530", lost.Text);
        Assert.Empty(Secrets(logs));
    }

    [Fact]
    public async Task A_real_broker_takes_fresh_tokens_on_the_connections_that_are_there()
    {
        Assert.SkipUnless(ProcessBroker.FindScripts() is not null, "rabbitmq-server with its OAuth 2 plugin is not installed.");
        using var issuer = new TokenIssuer();
        await using var server = await ProcessBroker.StartAsync(ProcessNode.WithOAuth2(issuer.PublicKey));
        await using var probe = await server.ProbeAsync();
        using var logs = new CapturedLogs();
        var options = logs.OptionsFor(server.Uri);
        // RabbitMQ counts a token's time in whole seconds.
        options.CredentialsProvider = _ =>
        {
            var until = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 4);
            return new(new BrokerCredentials("app", issuer.Issue("app", until), until));
        };
        await using var broker = await BrokerClient.ConnectAsync(options).InTime();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        await broker.SendAsync(queue, "before").InTime();

        // Beyond the life of two tokens, by the broker's own clock, which it looks at for each new name.
        var refreshed = WaitForRefreshesAsync(logs, times: 4);
        while (!refreshed.IsCompleted)
        {
            await broker.DeclareQueueAsync().InTime();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        await refreshed;
        await broker.SendAsync(queue, "after").InTime();

        Assert.Equal(["before", "after"], await seen.ReachAsync(2));
        Assert.DoesNotContain(logs.Lines, line => line.Id == ConnectionLost);
    }

    [Fact]
    public async Task A_real_broker_takes_nothing_with_a_token_that_was_not_renewed()
    {
        Assert.SkipUnless(ProcessBroker.FindScripts() is not null, "rabbitmq-server with its OAuth 2 plugin is not installed.");
        using var issuer = new TokenIssuer();
        await using var server = await ProcessBroker.StartAsync(ProcessNode.WithOAuth2(issuer.PublicKey));
        using var logs = new CapturedLogs();
        var options = logs.OptionsFor(server.Uri);
        options.CredentialsProvider = _ =>
        {
            var until = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 4);
            return new(new BrokerCredentials("app", issuer.Issue("app", until))); // without a word of its end
        };
        await using var broker = await BrokerClient.ConnectAsync(options).InTime();
        await broker.DeclareQueueAsync().InTime();

        var refused = await Assert.ThrowsAnyAsync<BrokerException>(() => DeclareUntilRefusedAsync(broker).InTime(60));

        Assert.Equal(403, refused.ReplyCode);
        Assert.Equal(1, issuer.Issued);
    }

    private static async Task WaitForRefreshesAsync(CapturedLogs logs, int times)
    {
        foreach (var role in (string[])["consuming", "publishing"])
            await logs.WaitForAsync(line => line.Id == Refreshed && line.Text.Contains(role, StringComparison.Ordinal), TimeSpan.FromSeconds(60), times);
    }

    private static async Task DeclareUntilRefusedAsync(BrokerClient broker)
    {
        while (true)
        {
            await broker.DeclareQueueAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private Task<BrokerClient> ConnectAsync(TestBroker server, CapturedLogs logs, Func<BrokerCredentials>? token = null)
    {
        var options = logs.OptionsFor(server.Uri);
        options.CredentialsProvider = _ =>
        {
            var credentials = (token ?? Token)();
            Interlocked.Increment(ref _asked);
            return new(credentials);
        };
        return BrokerClient.ConnectAsync(options).InTime();
    }

    private BrokerCredentials Token()
    {
        var (token, until) = ($"{SecretWatch.TokenBegin}.{Guid.NewGuid():n}", TimeProvider.System.GetUtcNow() + s_validity);
        _tokens[token] = until;
        return new BrokerCredentials("app", token, until);
    }

    private TestLogin? Check(string user, string secret) =>
        user == "guest" ? new TestLogin()
        : user == "app" && _tokens.TryGetValue(secret, out var until) && TimeProvider.System.GetUtcNow() < until ? new TestLogin(until)
        : null;

    private IEnumerable<LogLine> Secrets(CapturedLogs logs) =>
        logs.Lines.Where(line => line.Text.Contains("forged", StringComparison.Ordinal) || _tokens.Keys.Any(token => line.Text.Contains(token, StringComparison.Ordinal)));
}
