using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>The port that a proxy or a broker listens on. Shut, it refuses but stays bound: nobody else gets it.</summary>
internal sealed class Door : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Action<Socket> _enter;
    private Socket _socket;
    private bool _disposed;

    public Door(int port, Action<Socket> enter)
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
            // One after the other: two sockets that may share a port may also be given the same one as a free port.
            _socket.Dispose();
            _socket = Bind(Port);
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

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
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
