using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Broker.Client.Testing.Tests.Proxy;

/// <summary>Sends back what it gets. Enough for faults on bytes, and for frames that a test makes itself.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<byte[]> _ended = Channel.CreateUnbounded<byte[]>();
    private readonly Task _running;

    public EchoServer()
    {
        _listener.Start();
        Uri = new Uri($"amqp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _running = RunAsync();
    }

    public Uri Uri { get; }

    /// <summary>What came in over the next connection that ends.</summary>
    public async Task<byte[]> ReceivedAsync() =>
        await _ended.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
    }

    private async Task RunAsync()
    {
        try
        {
            while (true) _ = EchoAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        using var owned = socket;
        var buffer = new byte[64 * 1024];
        var received = new MemoryStream();
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var read)
            {
                received.Write(buffer, 0, read);
                await socket.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (SocketException)
        {
        }

        _ended.Writer.TryWrite(received.ToArray());
    }
}
