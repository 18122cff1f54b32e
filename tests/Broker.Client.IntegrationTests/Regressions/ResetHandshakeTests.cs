using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// A server that turns a client's certificate away says so after a TLS 1.3 handshake, and what the client has sent by then
/// can make a reset of it: the error then said that the host could not be reached.
/// </summary>
public sealed class ResetHandshakeTests
{
    [Fact]
    public async Task A_reset_after_the_TLS_handshake_points_to_the_client_certificate()
    {
        using var root = TestCertificates.NewRoot();
        using var listener = new TcpListener(IPAddress.Loopback, LoopbackPort.Free());
        listener.Start();
        var resetting = ResetAsync(listener, root);
        var options = BrokerOptions.Parse($"amqps://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}") with
        {
            Tls = new TlsOptions { CaCertificates = [root.Authority] },
            ConnectAttempts = 1,
        };

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(
            () => BrokerClient.ConnectAsync(options).WaitAsync(TimeSpan.FromSeconds(8), TimeProvider.System));

        Assert.Equal(ConnectionFailure.Unreachable, error.Reason);
        Assert.Contains("client certificate", error.Message);
        Assert.DoesNotContain("Cannot reach", error.Message);
        await resetting;
    }

    private static async Task ResetAsync(TcpListener listener, TestCertificates root)
    {
        using var certificate = root.Issue();
        using var socket = await listener.AcceptSocketAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsServerAsync(certificate);
        _ = await tls.ReadAsync(new byte[8]); // the protocol header: the handshake is over on both sides
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }
}
