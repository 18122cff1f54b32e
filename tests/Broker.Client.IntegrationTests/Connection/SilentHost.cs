using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>A host that accepts connections and never says a word.</summary>
internal sealed class SilentHost : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, LoopbackPort.Free());
    private readonly ConcurrentBag<Socket> _accepted = [];
    private readonly Task _accepting;

    public SilentHost()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Accepted => _accepted.Count;

    public BrokerEndpoint Endpoint => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var socket in _accepted)
            socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _accepted.Add(await _listener.AcceptSocketAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed.
        }
    }
}
