using System.Security.Authentication;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>Ten servers that must not get the password, and those that must; at the first connect and after a reconnect.</summary>
public sealed class TlsServerTests(BrokerFixture brokers) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TestCertificates _root = TestCertificates.NewRoot();

    public static TheoryData<ServerFault> Faults => [.. Enum.GetValues<ServerFault>()];

    public void Dispose() => _root.Dispose();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_bad_server_is_refused(ServerFault fault)
    {
        await using var server = TlsServer.Faulty(brokers.Shared.Uri, _root, fault);

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => BrokerClient.ConnectAsync(Trusting(_root, server) with { ConnectAttempts = 1 }).WaitAsync(s_patience, TimeProvider.System));

        Assert.Equal(ConnectionFailure.TlsFailed, error.Reason);
        Assert.Contains($"{server.Endpoint}", error.Message);
        Assert.Contains("CaFile", error.Message);
        Assert.True(server.Accepted > 0);
    }

    [Theory]
    [InlineData(SoundServer.BelowTheRoot)]
    [InlineData(SoundServer.BelowAnIntermediateThatIsSent)]
    public async Task A_sound_server_is_accepted(SoundServer kind)
    {
        await using var server = TlsServer.Sound(brokers.Shared.Uri, _root, kind);

        await using var client = await BrokerClient.ConnectAsync(Trusting(_root, server));

        Assert.Null(await client.FindQueueAsync("no-such-queue"));
        Assert.Equal(1, server.Handshakes);
    }

    /// <summary>The same servers without their fault: so that nothing else is what they are refused for.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_bad_server_without_its_fault_is_accepted(ServerFault fault)
    {
        using var intermediate = _root.NewIntermediate();
        var sound = new TlsTerminatorOptions { Certificate = _root.Issue() };
        await using var server = fault switch
        {
            ServerFault.AddressThatIsNotNamed => TlsServer.Start(brokers.Shared.Uri, sound, host: "127.0.0.1"),
            ServerFault.OldProtocol => TlsServer.Start(brokers.Shared.Uri, sound with { Protocols = SslProtocols.Tls12 }),
            ServerFault.IntermediateMissing => TlsServer.Start(
                brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = intermediate.Issue(), Intermediates = [intermediate.Authority] }),
            ServerFault.ForClientsOnly => TlsServer.Start(
                brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = _root.Issue(new() { ForServers = true, ForClients = true }) }),
            _ => TlsServer.Start(brokers.Shared.Uri, sound),
        };

        await using var client = await BrokerClient.ConnectAsync(Trusting(_root, server));

        Assert.Equal(BrokerConnectionState.Connected, client.State);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_bad_server_is_refused_after_a_reconnect_too(ServerFault fault)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var sound = TlsServer.Sound(brokers.Shared.Uri, _root);
        await using var bad = TlsServer.Faulty(brokers.Shared.Uri, _root, fault);
        await using var client = await BrokerClient.ConnectAsync(Trusting(_root, sound, bad));
        await client.SendAsync(queue, "before");
        var states = new StateRecorder(client);

        sound.GoAway();
        // Those that come second have been turned away once; both connections have.
        await Eventually.IsTrueAsync("four visits to the bad server", () => bad.Accepted >= 4);
        var meanwhile = await client.TrySendAsync(queue, "meanwhile", new PublishOptions { Deadline = TimeSpan.FromSeconds(1) });
        var seen = states.States.ToList();
        sound.ComeBack();
        await states.WaitForAsync(BrokerConnectionState.Connected, after: seen.Count);
        await client.SendAsync(queue, "after");

        Assert.DoesNotContain(BrokerConnectionState.Connected, seen);
        Assert.True(seen[^1] is BrokerConnectionState.Faulted or BrokerConnectionState.Connecting);
        Assert.Equal(PublishOutcome.NotSent, meanwhile.Outcome);
        Assert.Equal(["before", "after"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_server_that_swaps_its_certificate_for_an_expired_one_is_refused_until_it_swaps_back()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        using var good = _root.Issue();
        var now = TimeProvider.System.GetUtcNow();
        using var expired = _root.Issue(new() { NotBefore = now.AddDays(-2), NotAfter = now.AddDays(-1) });
        await using var server = new TlsTerminator(brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = good });
        await using var client = await BrokerClient.ConnectAsync(Trusting(_root, server.UriFor()));
        await client.SendAsync(queue, "before");
        var states = new StateRecorder(client);

        server.SwapCertificate(expired);
        server.CutAll();
        var change = await states.WaitForAsync(BrokerConnectionState.Faulted);
        var meanwhile = await client.TrySendAsync(queue, "meanwhile", new PublishOptions { Deadline = TimeSpan.FromSeconds(1) });
        var seen = states.States.ToList();
        server.SwapCertificate(good);
        await states.WaitForAsync(BrokerConnectionState.Connected, after: seen.Count);
        await client.SendAsync(queue, "after");

        Assert.Equal(ConnectionFailure.TlsFailed, Assert.IsType<BrokerConnectionException>(change.Cause).Reason);
        Assert.DoesNotContain(BrokerConnectionState.Connected, seen);
        Assert.False(meanwhile.IsConfirmed);
        Assert.Contains("TLS", meanwhile.ReplyText);
        Assert.Equal(["before", "after"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task The_authorities_of_the_machine_do_not_know_the_root_of_the_tests()
    {
        await using var server = TlsServer.Sound(brokers.Shared.Uri, _root);
        var options = Trusting(_root, server) with { Tls = new TlsOptions(), ConnectAttempts = 1 };

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => BrokerClient.ConnectAsync(options));

        Assert.Equal(ConnectionFailure.TlsFailed, error.Reason);
    }

    [Fact]
    public async Task The_authority_may_come_from_a_pem_file_that_the_uri_names()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("root ca.pem", _root.Authority.ExportCertificatePem());
        using var certificate = _root.Issue();
        await using var server = new TlsTerminator(brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = certificate });

        await using var client = await BrokerClient.ConnectAsync($"{server.UriFor()}?cacertfile={Uri.EscapeDataString(file)}");

        Assert.Equal(1, server.Handshakes);
    }

    [Fact]
    public async Task A_pem_file_may_hold_several_authorities()
    {
        using var other = TestCertificates.NewRoot("Another root");
        using var folder = new TemporaryFolder();
        var file = folder.Write("roots.pem", $"{other.Authority.ExportCertificatePem()}\n{_root.Authority.ExportCertificatePem()}\n");
        await using var server = TlsServer.Sound(brokers.Shared.Uri, _root);

        await using var client = await BrokerClient.ConnectAsync(Trusting(_root, server) with { Tls = new TlsOptions { CaFile = file } });

        Assert.Equal(BrokerConnectionState.Connected, client.State);
    }

    [Fact]
    public async Task The_name_to_be_checked_can_be_another_than_the_host()
    {
        var named = new TlsTerminatorOptions { Certificate = _root.Issue(new() { DnsNames = ["broker.example"], Addresses = [] }) };
        await using var server = TlsServer.Start(brokers.Shared.Uri, named);
        var options = Trusting(_root, server) with { ConnectAttempts = 1 };

        var refused = await Assert.ThrowsAsync<BrokerConnectionException>(() => BrokerClient.ConnectAsync(options));
        options.Tls!.ServerName = "broker.example";
        await using var client = await BrokerClient.ConnectAsync(options);

        Assert.Equal(ConnectionFailure.TlsFailed, refused.Reason);
        Assert.Contains("'localhost'", refused.Message);
        Assert.Equal(BrokerConnectionState.Connected, client.State);
    }

    private BrokerOptions Trusting(TestCertificates root, params TlsServer[] servers) =>
        Trusting(root, brokers.Shared.Uri) with { Endpoints = [.. servers.Select(server => server.Endpoint)] };

    private static BrokerOptions Trusting(TestCertificates root, Uri uri) =>
        BrokerOptions.Parse(uri.ToString()) with
        {
            Tls = new TlsOptions { CaCertificates = [root.Authority] },
            MaxReconnectDelay = TimeSpan.FromMilliseconds(300),
        };
}
