using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Security;

public sealed class ClientCertificateTests : IDisposable
{
    private readonly BrokerFixture _brokers;
    private readonly TestCertificates _root = TestCertificates.NewRoot();
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _client;

    public ClientCertificateTests(BrokerFixture brokers)
    {
        _brokers = brokers;
        _client = _root.Issue(new() { Subject = "a client", DnsNames = [], Addresses = [], ForServers = false, ForClients = true });
    }

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task A_certificate_from_a_pem_pair_is_shown()
    {
        var (certificate, key) = TestCertificates.WritePem(_client, _folder.Path, "client");

        Assert.Equal([_client.Thumbprint], await ShownAsync(new TlsOptions { CertFile = certificate, KeyFile = key }));
    }

    [Fact]
    public async Task A_certificate_from_one_pem_file_is_shown()
    {
        using var key = _client.GetECDsaPrivateKey()!; // it was made with one
        var file = _folder.Write("both.pem", $"{_client.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");

        Assert.Equal([_client.Thumbprint], await ShownAsync(new TlsOptions { CertFile = file }));
    }

    [Fact]
    public async Task A_certificate_with_an_encrypted_key_is_shown()
    {
        var (certificate, key) = EncryptedPem("a p@ss:/word");

        var shown = await ShownAsync(new TlsOptions { CertFile = certificate, KeyFile = key, KeyPassword = "a p@ss:/word" });

        Assert.Equal([_client.Thumbprint], shown);
    }

    [Fact]
    public async Task A_certificate_of_the_program_is_shown()
    {
        Assert.Equal([_client.Thumbprint], await ShownAsync(new TlsOptions { ClientCertificate = _client }));
    }

    [Fact]
    public async Task A_client_without_the_certificate_that_is_asked_for_is_refused()
    {
        await using var server = Asking();

        var error = await RefusedAsync(server.UriFor(), new TlsOptions());

        Assert.Contains("client certificate", error.Message);
        Assert.Empty(server.ClientThumbprints);
    }

    [Fact]
    public async Task A_client_with_a_certificate_that_the_server_does_not_trust_is_refused()
    {
        using var certificate = _root.Issue();
        using var stranger = TestCertificates.NewRoot("A stranger").Issue(new() { ForServers = false, ForClients = true });
        await using var server = new PickyServer(certificate, _root.Authority);

        var uri = new Uri($"amqps://localhost:{server.Port}");

        await RefusedAsync(uri, new TlsOptions { ClientCertificate = stranger });
        var strangers = server.Welcomed;
        await RefusedAsync(uri, new TlsOptions { ClientCertificate = _client }); // welcomed, but by no broker

        Assert.Equal((0, 1), (strangers, server.Welcomed));
    }

    [Fact]
    public async Task A_wrong_key_password_is_an_error_that_names_the_key_and_not_the_password()
    {
        var (certificate, key) = EncryptedPem("the right one");
        await using var server = Asking();

        var error = await RefusedAsync(
            server.UriFor(), new TlsOptions { CertFile = certificate, KeyFile = key, KeyPassword = "the wrong one" });

        Assert.Equal(ConnectionFailure.TlsFailed, error.Reason);
        Assert.Contains("client certificate", error.Message);
        Assert.DoesNotContain("the wrong one", error.ToString());
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_an_error_that_names_it()
    {
        var (certificate, _) = TestCertificates.WritePem(_client, _folder.Path, "client");
        using var other = _root.Issue();
        var (_, key) = TestCertificates.WritePem(other, _folder.Path, "other");
        await using var server = Asking();

        var error = await RefusedAsync(server.UriFor(), new TlsOptions { CertFile = certificate, KeyFile = key });

        Assert.Equal(ConnectionFailure.TlsFailed, error.Reason);
        Assert.Contains("client certificate", error.Message);
    }

    private TlsTerminator Asking() =>
        new(_brokers.Shared.Uri, new TlsTerminatorOptions { Certificate = _root.Issue(), RequireClientCertificate = true });

    private async Task<IReadOnlyList<string>> ShownAsync(TlsOptions tls)
    {
        await using var server = Asking();
        await using var client = await BrokerClient.ConnectAsync(Trusting(server.UriFor(), tls));
        return server.ClientThumbprints;
    }

    private Task<BrokerConnectionException> RefusedAsync(Uri uri, TlsOptions tls) => Assert.ThrowsAsync<BrokerConnectionException>(
        () => BrokerClient.ConnectAsync(Trusting(uri, tls) with { ConnectAttempts = 1 })
            .WaitAsync(TimeSpan.FromSeconds(8), TimeProvider.System));

    private BrokerOptions Trusting(Uri uri, TlsOptions tls)
    {
        tls.CaCertificates = [_root.Authority];
        return BrokerOptions.Parse(uri.ToString()) with { Tls = tls };
    }

    private (string Certificate, string Key) EncryptedPem(string password)
    {
        using var key = _client.GetECDsaPrivateKey()!; // it was made with one
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 10_000);
        return (
            _folder.Write("client.pem", _client.ExportCertificatePem()),
            _folder.Write("client.key.pem", key.ExportEncryptedPkcs8PrivateKeyPem(password, parameters)));
    }

    /// <summary>Welcomes clients of one authority, and then says goodbye: there is no broker behind it.</summary>
    private sealed class PickyServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, LoopbackPort.Free());
        private readonly Task _accepting;
        private int _welcomed;

        public PickyServer(X509Certificate2 certificate, X509Certificate2 authority)
        {
            _listener.Start();
            _accepting = AcceptAsync(certificate, authority);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Welcomed => Volatile.Read(ref _welcomed);

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _accepting;
        }

        private async Task AcceptAsync(X509Certificate2 certificate, X509Certificate2 authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(authority);
            while (true)
            {
                try
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    await using var tls = new SslStream(new NetworkStream(socket));
                    await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                    {
                        ServerCertificate = certificate,
                        ClientCertificateRequired = true,
                        CertificateChainPolicy = policy,
                    });
                    Interlocked.Increment(ref _welcomed);
                }
                catch (Exception error) when (error is AuthenticationException or IOException)
                {
                    // Turned away.
                }
                catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    return; // Disposed.
                }
            }
        }
    }
}
