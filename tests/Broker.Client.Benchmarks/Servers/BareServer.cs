using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Benchmarks.Servers;

/// <summary>
/// Speaks as much AMQP 0-9-1 as publishers and consumers need, and keeps nothing, so that what is left is the client's own
/// cost. A sink: it confirms at once, everything of one read with one ack. A source: it delivers at once, for ever and as
/// fast as the socket takes it, messages of the size that the queue's name ends with.
/// </summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);

    public Uri Uri => new($"amqp://guest:guest@127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}"); // it is bound

    public static BareServer Start()
    {
        var server = new BareServer();
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
                _ = new BareConnection(socket).RunAsync();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The listener is closed: the end.
        }
    }
}
