using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Tests.Connection;

public sealed class TransportTests
{
    [Fact]
    public async Task The_socket_waits_for_nothing_more_and_asks_whether_its_peer_is_there()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var transport = new Transport(socket, tls: null, TimeProvider.System);

        await transport.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);

        Assert.True(socket.NoDelay);
        Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
    }
}
