using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The TLS servers of the tests are as good or as bad as they claim, judged by a bare SslStream.</summary>
public sealed class TlsTerminatorTests(BrokerFixture brokers)
{
    private readonly TestCertificates _root = TestCertificates.NewRoot();

    [Fact]
    public async Task Decrypted_bytes_reach_the_broker()
    {
        using var certificate = _root.Issue();
        await using var server = new TlsTerminator(brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = certificate });
        var factory = new ConnectionFactory { Uri = server.UriFor("localhost"), AutomaticRecoveryEnabled = false };
        factory.Ssl.CertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.Thumbprint;

        await using var connection = await factory.CreateConnectionAsync("tls");

        Assert.True(connection.IsOpen);
        Assert.Equal((1, 0), (server.Handshakes, server.Failures));
    }

    [Fact]
    public async Task An_intermediate_is_trusted_when_it_is_sent_and_missed_when_it_is_not()
    {
        using var intermediate = _root.NewIntermediate();
        using var certificate = intermediate.Issue();

        Assert.Equal(SslPolicyErrors.None, await JudgeAsync(certificate, sent: [intermediate.Authority]));
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, await JudgeAsync(certificate));
    }

    [Fact]
    public async Task Each_bad_certificate_is_bad_in_its_own_way()
    {
        const SslPolicyErrors chain = SslPolicyErrors.RemoteCertificateChainErrors;
        const SslPolicyErrors name = SslPolicyErrors.RemoteCertificateNameMismatch;
        var now = TimeProvider.System.GetUtcNow();
        using var other = TestCertificates.NewRoot("Another root");

        Assert.Equal(SslPolicyErrors.None, await JudgeAsync(_root.Issue()));
        Assert.Equal(SslPolicyErrors.None, await JudgeAsync(_root.Issue(), host: "127.0.0.1"));
        Assert.Equal(chain, await JudgeAsync(TestCertificates.SelfSigned()));
        Assert.Equal(chain, await JudgeAsync(other.Issue()));
        Assert.Equal(chain, await JudgeAsync(_root.Issue(new() { NotBefore = now.AddDays(-2), NotAfter = now.AddDays(-1) })));
        Assert.Equal(chain, await JudgeAsync(_root.Issue(new() { NotBefore = now.AddDays(1) })));
        Assert.Equal(chain, await JudgeAsync(_root.Issue(new() { ForServers = false, ForClients = true })));
        Assert.Equal(name, await JudgeAsync(_root.Issue(new() { DnsNames = ["elsewhere.example"], Addresses = [] })));
        Assert.Equal(name, await JudgeAsync(_root.Issue(new() { Addresses = [] }), host: "127.0.0.1"));
    }

    [Fact]
    public async Task A_client_without_the_certificate_that_is_asked_for_is_refused()
    {
        using var certificate = _root.Issue();
        using var client = _root.Issue(new() { ForServers = false, ForClients = true });
        await using var server = new TlsTerminator(
            brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = certificate, RequireClientCertificate = true });

        await using (var tls = await ConnectAsync(server.Port))
        {
            await tls.AuthenticateAsClientAsync(Trusting(_ => { }));
            await Assert.ThrowsAnyAsync<IOException>(async () => await tls.ReadExactlyAsync(new byte[1]));
        }

        await using (var tls = await ConnectAsync(server.Port))
        {
            await tls.AuthenticateAsClientAsync(Trusting(options => options.ClientCertificates = [client]));
            await tls.WriteAsync("AMQP\0\0\x09\x01"u8.ToArray());
            await tls.ReadExactlyAsync(new byte[1]);
        }

        Assert.Equal([client.Thumbprint], server.ClientThumbprints);
    }

    /// <summary>What a client that trusts the root, and asks for the host by this name, holds against the certificate.</summary>
    private async Task<SslPolicyErrors> JudgeAsync(X509Certificate2 certificate, string host = "localhost", X509Certificate2[]? sent = null)
    {
        await using var server = new TlsTerminator(
            brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = certificate, Intermediates = sent ?? [] });
        await using var tls = await ConnectAsync(server.Port);
        var found = SslPolicyErrors.None;
        await tls.AuthenticateAsClientAsync(Trusting(options =>
        {
            options.TargetHost = host;
#pragma warning disable CA5359 // What it would have said is the answer.
            options.RemoteCertificateValidationCallback = (_, _, _, errors) =>
            {
                found = errors;
                return true;
            };
#pragma warning restore CA5359
        }));
        return found;
    }

    private SslClientAuthenticationOptions Trusting(Action<SslClientAuthenticationOptions> change)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(_root.Authority);
        var options = new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy };
        change(options);
        return options;
    }

    private static async Task<SslStream> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new SslStream(new NetworkStream(socket, ownsSocket: true));
    }
}
