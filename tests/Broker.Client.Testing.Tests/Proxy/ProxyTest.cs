using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Broker.Client.Testing.Tests.Proxy;

/// <summary>A proxy before an echo, and a socket that speaks to it.</summary>
public abstract class ProxyTest : IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private protected EchoServer Echo { get; } = new();
    private readonly List<Socket> _sockets = [];

    protected FaultProxy Proxy { get; private set; } = null!;

    protected virtual FaultProxyOptions Options { get; } = new();

    public async ValueTask InitializeAsync() => Proxy = await FaultProxy.StartAsync(Echo.Uri, Options);

    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets) socket.Dispose();
        await Proxy.DisposeAsync();
        await Echo.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, Proxy.Uri.Port);
        return socket;
    }

    /// <summary>A connection that has sent the protocol header and had it back: frames are understood from here on. In
    /// the direction to the client they are not, since an echo answers with that header.</summary>
    protected async Task<Socket> ConnectAmqpAsync()
    {
        var socket = await ConnectAsync();
        await SendAsync(socket, "AMQP\0\0\x09\x01"u8.ToArray());
        await ReceiveAsync(socket, 8);
        return socket;
    }

    protected static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes) => await socket.SendAsync(bytes);

    protected static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        using var limit = new CancellationTokenSource(Soon);
        var bytes = new byte[count];
        for (var got = 0; got < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(got), SocketFlags.None, limit.Token);
            if (read == 0) return bytes[..got];
            got += read;
        }

        return bytes;
    }

    /// <summary>Everything until a FIN; null where a RST came.</summary>
    protected static async Task<byte[]?> ReceiveAllAsync(Socket socket)
    {
        try
        {
            return await ReceiveAsync(socket, 1 << 20);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }

    private protected static byte[] Frame(Method method, ushort channel = 1) =>
        new AmqpWriter().MethodFrame(channel, method).ToArray();

    private protected static byte[] Publish(string body, ushort channel = 1) => new AmqpWriter()
        .ContentFrames(channel, new BasicPublish("", "q", false, false),
            ContentHeader.Of(MessageProperties.None, (ulong)body.Length), Encoding.UTF8.GetBytes(body), 4096)
        .ToArray();
}
