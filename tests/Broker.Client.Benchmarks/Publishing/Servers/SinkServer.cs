using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Benchmarks.Publishing.Servers;

/// <summary>
/// Speaks as much AMQP 0-9-1 as a publisher needs, keeps nothing and confirms at once, everything of one read with one
/// ack: what is left is the client's own cost.
/// </summary>
internal sealed class SinkServer : IAsyncDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);

    public Uri Uri => new($"amqp://guest:guest@127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}"); // it is bound

    public static SinkServer Start()
    {
        var server = new SinkServer();
        server._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server._listener.Listen();
        _ = server.AcceptAsync();
        return server;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return default;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = new SinkConnection(socket).RunAsync();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The listener is closed: the end.
        }
    }
}
