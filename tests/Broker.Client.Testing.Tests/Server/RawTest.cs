using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>A broker, and a socket to it that speaks with the codec: for what no driver sends.</summary>
public abstract class RawTest : IAsyncLifetime
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private Socket _socket = null!;
    private FrameReader _frames = null!;

    protected TestBroker Broker { get; private set; } = null!;

    private protected AmqpWriter Writer { get; } = new();

    private protected ConnectionStart Start { get; private set; } = null!;

    protected virtual TestBrokerOptions Options { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Broker = await TestBroker.StartAsync(Options);
        await ConnectAsync();
    }

    protected Task ReconnectAsync()
    {
        _socket.Dispose();
        return ConnectAsync();
    }

    private async Task ConnectAsync()
    {
        _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(IPAddress.Loopback, Broker.Uri.Port);
        _frames = new(new NetworkStream(_socket));
        await SendAsync(Writer.Raw(FrameWriter.ProtocolHeader));
        Start = await ExpectAsync<ConnectionStart>();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await Broker.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected void Vanish() => _socket.Dispose();

    protected void Content(string exchange, string key, string body) =>
        Writer.ContentFrames(1, new BasicPublish(exchange, key, false, false),
            ContentHeader.Of(MessageProperties.None, (ulong)body.Length), Encoding.UTF8.GetBytes(body), 4096);

    protected async Task LogInAsync(string announcing = "none")
    {
        var client = new Dictionary<string, object?>
        {
            ["capabilities"] = new Dictionary<string, object?> { [announcing] = true },
        };
        await SendAsync(new ConnectionStartOk(client, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"));
        await ExpectAsync<ConnectionTune>();
    }

    protected async Task OpenAsync(uint frameMax = 131_072, ushort heartbeat = 0, ushort channelMax = 10)
    {
        await LogInAsync();
        await OpenLoggedInAsync(frameMax, heartbeat, channelMax);
    }

    protected async Task OpenLoggedInAsync(uint frameMax = 131_072, ushort heartbeat = 0, ushort channelMax = 10)
    {
        await SendAsync(new ConnectionTuneOk(channelMax, frameMax, heartbeat));
        await SendAsync(new ConnectionOpen("/"));
        await ExpectAsync<ConnectionOpenOk>();
        await SendAsync(new ChannelOpen(), channel: 1);
        await ExpectAsync<ChannelOpenOk>();
    }

    private protected Task SendAsync(Method method, ushort channel = 0) =>
        SendAsync(Writer.MethodFrame(channel, method));

    private protected async Task SendAsync(AmqpWriter writer)
    {
        await _socket.SendAsync(writer.Written);
        writer.Clear();
    }

    private protected async Task<Frame?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Soon);
        return await _frames.ReadAsync(limit.Token);
    }

    /// <summary>A header and one body frame.</summary>
    protected async Task SkipContentAsync()
    {
        Assert.Equal(FrameType.Header, (await NextAsync())!.Value.Type);
        Assert.Equal(FrameType.Body, (await NextAsync())!.Value.Type);
    }

    private protected async Task<T> ExpectAsync<T>() where T : Method
    {
        Frame? next;
        do next = await NextAsync();
        while (next is { Type: FrameType.Heartbeat });
        return Assert.IsType<T>(Method.Read(next!.Value.Payload.Span));
    }

    protected async Task ExpectCloseAsync(ushort code, string text)
    {
        var close = await ExpectAsync<ConnectionClose>();
        Assert.Equal((code, text), (close.ReplyCode, close.ReplyText));
        await SendAsync(new ConnectionCloseOk());
        Assert.Null(await NextAsync());
    }
}
