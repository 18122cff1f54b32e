using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>What no driver sends, sent with the codec.</summary>
public sealed class RawTests : IAsyncLifetime
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly AmqpWriter _writer = new();
    private TestBroker _broker = null!;
    private FrameReader _frames = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync();
        await _socket.ConnectAsync(IPAddress.Loopback, _broker.Uri.Port);
        _frames = new(new NetworkStream(_socket));
        await SendAsync(_writer.Raw(FrameWriter.ProtocolHeader));
        await ExpectAsync<ConnectionStart>();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Amqplain_logs_in()
    {
        var table = new AmqpWriter().Table(new Dictionary<string, object?> { ["LOGIN"] = "guest", ["PASSWORD"] = "guest" });
        await SendAsync(new ConnectionStartOk(null, "AMQPLAIN", table.ToArray()[4..], "en_US"));
        await ExpectAsync<ConnectionTune>();
    }

    [Fact]
    public async Task Who_did_not_announce_it_sees_no_close_at_a_bad_login()
    {
        await SendAsync(new ConnectionStartOk(null, "PLAIN", "\0guest\0no"u8.ToArray(), "en_US"));
        Assert.Null(await NextAsync());
    }

    [Theory]
    [InlineData(0u, "negotiated frame_max = 0 (no limit) is higher than the maximum allowed value (131072)")]
    [InlineData(200_000u, "negotiated frame_max = 200000 is higher than the maximum allowed value (131072)")]
    [InlineData(100u, "negotiated frame_max = 100 is lower than the minimum allowed value (4096)")]
    public async Task A_frame_max_out_of_bounds_is_refused(uint frameMax, string text)
    {
        await SendAsync(new ConnectionStartOk(null, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"));
        await ExpectAsync<ConnectionTune>();
        await SendAsync(new ConnectionTuneOk(10, frameMax, 0));
        await ExpectCloseAsync(530, "NOT_ALLOWED - " + text);
    }

    [Fact]
    public async Task Confirms_that_are_due_together_are_one()
    {
        await OpenAsync();
        await SendAsync(new ConfirmSelect(NoWait: true), channel: 1);
        for (var i = 0; i < 50; i++) Content("", "nowhere", "x");
        await SendAsync(_writer);
        var ack = await ExpectAsync<BasicAck>();
        Assert.Equal(new(50, Multiple: true), ack);
    }

    [Fact]
    public async Task A_body_comes_in_frames_no_larger_than_agreed()
    {
        await OpenAsync(frameMax: 4096);
        await SendAsync(new QueueDeclare("q", false, true, false, false, NoWait: true, null), channel: 1);
        await SendAsync(new BasicPublish("", "q", false, false), channel: 1);
        _writer.HeaderFrame(1, ContentHeader.Of(MessageProperties.None, 10_000)).BodyFrames(1, new byte[10_000], 4096);
        await SendAsync(_writer);
        await SendAsync(new BasicGet("q", NoAck: true), channel: 1);
        await ExpectAsync<BasicGetOk>();
        Assert.Equal(FrameType.Header, (await NextAsync())!.Value.Type);
        Assert.Equal(4088, (await NextAsync())!.Value.Payload.Length);
        Assert.Equal(4088, (await NextAsync())!.Value.Payload.Length);
        Assert.Equal(10_000 - 2 * 4088, (await NextAsync())!.Value.Payload.Length);
    }

    [Fact]
    public async Task A_frame_without_its_end_is_501()
    {
        await OpenAsync();
        await SendAsync(_writer.Raw([8, 0, 0, 0, 0, 0, 0, 0]));
        await ExpectCloseAsync(501, "FRAME_ERROR - A frame ends with 0x00 where 0xCE belongs");
    }

    [Fact]
    public async Task An_unknown_method_is_503()
    {
        await OpenAsync();
        await SendAsync(_writer.Raw([1, 0, 1, 0, 0, 0, 4, 0, 99, 0, 1, 0xCE]));
        await ExpectCloseAsync(503, "COMMAND_INVALID - Class 99 has no method 1");
    }

    [Fact]
    public async Task A_method_that_only_servers_send_is_503()
    {
        await OpenAsync();
        await SendAsync(new QueueDeclareOk("q", 0, 0), channel: 1);
        await ExpectCloseAsync(503, "COMMAND_INVALID - unimplemented method");
    }

    [Fact]
    public async Task A_channel_that_is_not_open_is_504()
    {
        await OpenAsync();
        await SendAsync(new BasicQos(0, 1, false), channel: 2);
        await ExpectCloseAsync(504, "CHANNEL_ERROR - expected 'channel.open'");
    }

    [Fact]
    public async Task A_body_without_its_method_is_505()
    {
        await OpenAsync();
        await SendAsync(_writer.BodyFrames(1, new byte[1], 4096));
        await ExpectCloseAsync(505, "UNEXPECTED_FRAME - expected method frame, got content body frame instead");
    }

    [Fact]
    public async Task Immediate_is_540()
    {
        await OpenAsync();
        await SendAsync(_writer.ContentFrames(1, new BasicPublish("", "q", false, Immediate: true),
            ContentHeader.Of(MessageProperties.None, 0), default, 4096));
        await ExpectCloseAsync(540, "NOT_IMPLEMENTED - immediate=true");
    }

    [Fact]
    public async Task Frames_on_a_closing_channel_are_passed_over_until_close_ok()
    {
        await OpenAsync();
        await SendAsync(new BasicAck(7, false), channel: 1);
        await SendAsync(new BasicAck(8, false), channel: 1);
        await SendAsync(new QueueDeclare("q", false, true, false, false, false, null), channel: 1);
        Assert.Equal("PRECONDITION_FAILED - unknown delivery tag 7", (await ExpectAsync<ChannelClose>()).ReplyText);
        await SendAsync(new ChannelCloseOk(), channel: 1);
        await SendAsync(new ChannelOpen(), channel: 1);
        await ExpectAsync<ChannelOpenOk>();
        Assert.False(_broker.Queue("q").Exists);
    }

    [Fact]
    public async Task A_silent_client_hears_heartbeats_and_is_cut()
    {
        await OpenAsync(heartbeat: 1);
        var heartbeats = 0;
        while (await NextAsync() is { } frame)
        {
            Assert.Equal(FrameType.Heartbeat, frame.Type);
            heartbeats++;
        }

        Assert.InRange(heartbeats, 2, 8);
        await _broker.WaitForConnectionsAsync(0, TimeSpan.FromSeconds(10)); // the socket ends a moment before
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_nothing()
    {
        await OpenAsync();
        await SendAsync(new QueueDeclare("mine", false, false, Exclusive: true, false, false, null), channel: 1);
        await ExpectAsync<QueueDeclareOk>();
        _socket.Dispose();
        await _broker.Queue("mine").WaitUntilAsync(static queue => !queue.Exists, _soon);
    }

    [Fact]
    public async Task Corrupted_conversations_do_no_harm()
    {
        var random = new Random(1);
        var sample = Conversation();
        for (var round = 0; round < 500; round++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _broker.Uri.Port);
            var bytes = sample.ToArray();
            for (var i = 0; i <= round % 4; i++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            await socket.SendAsync(bytes);
            socket.Shutdown(SocketShutdown.Send);
            using var limit = new CancellationTokenSource(_soon);
            var rest = new byte[4096];
            try
            {
                while (await socket.ReceiveAsync(rest, limit.Token) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // Cut: no harm either.
            }
        }

        await OpenAsync();
        Assert.Equal(1, _broker.ConnectionCount);
    }

    private static byte[] Conversation()
    {
        var properties = new MessageProperties { Headers = new Dictionary<string, object?> { ["a"] = 1, ["b"] = "c" } };
        return new AmqpWriter().Raw(FrameWriter.ProtocolHeader)
            .MethodFrame(0, new ConnectionStartOk(null, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"))
            .MethodFrame(0, new ConnectionTuneOk(10, 4096, 0))
            .MethodFrame(0, new ConnectionOpen("/"))
            .MethodFrame(1, new ChannelOpen())
            .MethodFrame(1, new QueueDeclare("f", false, true, false, false, false, null))
            .MethodFrame(1, new ConfirmSelect(false))
            .ContentFrames(1, new BasicPublish("", "f", true, false), ContentHeader.Of(properties, 5), "12345"u8, 4096)
            .MethodFrame(1, new BasicConsume("f", "", false, false, false, false, null))
            .MethodFrame(1, new BasicAck(0, true))
            .MethodFrame(0, new ConnectionClose(200, "", 0, 0))
            .ToArray();
    }

    private void Content(string exchange, string key, string body) =>
        _writer.ContentFrames(1, new BasicPublish(exchange, key, false, false),
            ContentHeader.Of(MessageProperties.None, (ulong)body.Length), System.Text.Encoding.UTF8.GetBytes(body), 4096);

    private async Task OpenAsync(uint frameMax = 131_072, ushort heartbeat = 0)
    {
        await SendAsync(new ConnectionStartOk(null, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"));
        await ExpectAsync<ConnectionTune>();
        await SendAsync(new ConnectionTuneOk(10, frameMax, heartbeat));
        await SendAsync(new ConnectionOpen("/"));
        await ExpectAsync<ConnectionOpenOk>();
        await SendAsync(new ChannelOpen(), channel: 1);
        await ExpectAsync<ChannelOpenOk>();
    }

    private Task SendAsync(Method method, ushort channel = 0) => SendAsync(_writer.MethodFrame(channel, method));

    private async Task SendAsync(AmqpWriter writer)
    {
        await _socket.SendAsync(writer.Written);
        writer.Clear();
    }

    private async Task<Frame?> NextAsync()
    {
        using var limit = new CancellationTokenSource(_soon);
        return await _frames.ReadAsync(limit.Token);
    }

    private async Task<T> ExpectAsync<T>() where T : Method =>
        Assert.IsType<T>(Method.Read((await NextAsync())!.Value.Payload.Span));

    private async Task ExpectCloseAsync(ushort code, string text)
    {
        var close = await ExpectAsync<ConnectionClose>();
        Assert.Equal((code, text), (close.ReplyCode, close.ReplyText));
        await SendAsync(new ConnectionCloseOk());
        Assert.Null(await NextAsync());
    }
}
