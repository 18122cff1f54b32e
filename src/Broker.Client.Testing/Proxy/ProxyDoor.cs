using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>The port that a proxy listens on. Shut, it refuses but stays bound: nobody else gets it.</summary>
internal sealed class ProxyDoor : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Action<Socket> _enter;
    private Socket _socket;
    private bool _disposed;

    public ProxyDoor(int port, Action<Socket> enter)
    {
        _enter = enter;
        _socket = Bind(port);
        Port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public void Open()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _socket.Listen(512);
            _ = AcceptAsync(_socket);
        }
    }

    public void Shut()
    {
        lock (_lock)
        {
            if (_disposed) return;
            var listener = _socket;
            _socket = Bind(Port);
            listener.Dispose();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }

    // Two sockets may hold the port for the moment in which one takes over from the other.
    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
            try
            {
                _enter(await listener.AcceptAsync().ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted
                or SocketError.ConnectionReset)
            {
                // That one gave up before it was accepted.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
    }
}
