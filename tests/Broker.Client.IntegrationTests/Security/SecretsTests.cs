using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Microsoft.Extensions.Logging;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>A password that is found in no log, exception or text of the library, in any of the forms that it takes on the way.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class SecretsTests(BrokerFixture brokers)
{
    private const string User = "canary";
    private const string Password = Canary.SuitePassword;

    private static readonly Canary s_canary = new(User, Password);

    [Fact]
    public async Task Failed_connects_and_a_reconnect_show_the_password_nowhere()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await AddUserAsync(broker);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(broker.Uri);
        await using var plain = new TcpRelay(broker.Uri);
        using var log = new LogRecorder();
        var texts = new List<string>();
        var uri = $"amqp://{User}:{Uri.EscapeDataString(Password)}@127.0.0.1:{relay.Uri.Port}";
        var options = BrokerOptions.Parse(uri) with { LoggerFactory = log, ConnectAttempts = 1 };
        texts.Add($"{options}\n{new BrokerCredentials(User, Password)}\n{new TlsOptions { KeyPassword = Password }}");

        await using (var client = await BrokerClient.ConnectAsync(options))
        {
            var states = new StateRecorder(client);
            client.StateChanged += (_, _) => throw new InvalidOperationException("a subscriber's mistake");
            await client.DeclareQueueAsync(queue);
            await client.SendAsync(queue, "before");
            relay.CutAll();
            await client.SendAsync(queue, "after");
            await states.WaitForAsync(BrokerConnectionState.Connecting);
            await states.WaitForAsync(BrokerConnectionState.Connected);
            texts.Add(await FailureAsync(async () => await client.SendAsync("no-such-queue", "text")));
            texts.Add(await FailureAsync(async () => await client.DeclareQueueAsync(queue, new QueueOptions { Type = QueueType.Classic })));
            texts.AddRange(states.Changes.Select(change => $"{change.Cause}\n{change.Reason}"));
            texts.Add($"{client}");
        }

        texts.Add(await ConnectFailureAsync(options with { VirtualHost = "no-such-host" }));
        texts.Add(await ConnectFailureAsync(options with { UserName = "nobody" }));
        texts.Add(await ConnectFailureAsync(options with { Endpoints = [new("127.0.0.1", LoopbackPort.Free())] }));
        texts.Add(await ConnectFailureAsync(options with { Endpoints = [new("localhost", plain.Uri.Port)], Tls = new TlsOptions() }));
        texts.Add(await ConnectFailureAsync(options with { CredentialsProvider = _ => new(new BrokerCredentials("nobody", Password)) }));
        await using (var refused = new BrokerClient(options with { UserName = "nobody" }))
            texts.Add(await FailureAsync(async () => await refused.SendAsync(queue, "text")));

        Assert.True(log.Entries.Count >= 8, $"{log.Entries.Count} lines were logged");
        Assert.Empty(s_canary.LeaksIn(log.Entries.Select(entry => entry.Text).Concat(texts)));
    }

    [Theory]
    [InlineData("amqp://{0}@127.0.0.1?heartbeat=often")]
    [InlineData("amqp://{0}@127.0.0.1?no_such_option=1")]
    [InlineData("amqp://{0}@127.0.0.1:port")]
    [InlineData("amqp://{0}@127.0.0.1/a/b")]
    [InlineData("amqp://{0}@127.0.0.1/%zz")]
    [InlineData("amqp://{0}%zz@127.0.0.1")]
    [InlineData("amqps://{0}@127.0.0.1?verify=verify_none")]
    [InlineData("amqp:{0}@127.0.0.1")]
    [InlineData("http://{0}@127.0.0.1")]
    public void A_uri_that_is_refused_does_not_show_its_password(string uri)
    {
        var complete = string.Format(null, uri, $"{User}:{Uri.EscapeDataString(Password)}");

        var error = Assert.Throws<FormatException>(() => BrokerOptions.Parse(complete));

        Assert.Empty(s_canary.LeaksIn([error.ToString()]));
    }

    [Theory]
    [InlineData("amqp://user:12/34secret@127.0.0.1")]
    [InlineData("amqp://user:secret/34/word@127.0.0.1/")]
    [InlineData("amqp://user:secret/34word@127.0.0.1/vhost")]
    public void A_password_with_a_slash_that_is_not_escaped_is_refused_without_a_part_of_it(string uri)
    {
        var error = Assert.Throws<FormatException>(() => BrokerOptions.Parse(uri));

        Assert.Contains("%2f", error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret", error.Message);
        Assert.DoesNotContain("34", error.Message);
    }

    [Fact]
    public void A_planted_password_is_found_in_each_form()
    {
        using var log = new LogRecorder();
        var error = new InvalidOperationException(Password);
        foreach (var form in s_canary.Forms)
            log.CreateLogger("planted").Log(LogLevel.Trace, default, form, null, (text, _) => $"... {text} ...");
        log.CreateLogger("planted").Log(LogLevel.Trace, default, "silent", error, (text, _) => text);

        var found = s_canary.LeaksIn(log.Entries.Select(entry => entry.Text));

        Assert.Equal(s_canary.Forms.Count + 1, found.Count);
    }

    private static Task<string> ConnectFailureAsync(BrokerOptions options) => FailureAsync(async () => await BrokerClient.ConnectAsync(options));

    private static async Task<string> FailureAsync(Func<Task> call) => (await Assert.ThrowsAnyAsync<BrokerException>(call)).ToString();

    private static async Task AddUserAsync(BrokerUnderTest broker)
    {
        if (!(await broker.ControlAsync("-q", "list_users")).Contains(User))
            await broker.AddUserAsync(User, Password);
        await broker.ControlAsync("set_permissions", User, ".*", ".*", ".*");
    }
}
