using System.Net.Sockets;
using System.Text;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Wire;

/// <summary>
/// A connection that does what it is told and nothing more: no driver stands between the program and what the broker says. The codec is the test
/// broker's; a real broker on the other end judges it.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly AmqpWriter _writer = new();
    private readonly Dictionary<ushort, RawChannel> _channels = [];
    private readonly Lock _lock = new();
    private readonly Pulse _pulse;
    private FrameReader _frames = null!;
    private Task _reading = Task.CompletedTask;

    private RawConnection(Pulse pulse) => _pulse = pulse;

    public bool IsOpen { get; private set; } = true;

    /// <summary>Of the broker, as it says itself.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The method that ended it, or null where the broker said nothing.</summary>
    public ConnectionClose? Close { get; private set; }

    public static async Task<RawConnection> OpenAsync(Uri uri, Pulse pulse)
    {
        var connection = new RawConnection(pulse);
        try
        {
            await connection.HandshakeAsync(uri).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
            return connection;
        }
        catch (Exception)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<RawChannel> OpenChannelAsync(ushort number)
    {
        var channel = new RawChannel(this, number);
        lock (_lock) _channels[number] = channel;
        await channel.CallAsync(new ChannelOpen());
        return channel;
    }

    public async Task SendAsync(Action<AmqpWriter> write)
    {
        await _sending.WaitAsync();
        try
        {
            _writer.Clear();
            write(_writer);
            if (IsOpen && _writer.Length > 0) await _socket.SendAsync(_writer.Written);
        }
        catch (SocketException)
        {
            // The reader sees the end too, and tells it.
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Closes it politely, and returns when the broker has agreed.</summary>
    public async Task CloseAsync()
    {
        await SendAsync(writer => writer.MethodFrame(0, new ConnectionClose(200, "bye", 0, 0)));
        await _reading;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _sending.Dispose();
    }

    private async Task HandshakeAsync(Uri uri)
    {
        await _socket.ConnectAsync(uri.Host, uri.Port > 0 ? uri.Port : 5672);
        _frames = new(new NetworkStream(_socket), Tuning.FrameMax);
        await SendAsync(writer => writer.Raw(FrameWriter.ProtocolHeader));
        var start = (ConnectionStart)await NextAsync();
        Version = start.ServerProperties!["version"] as string ?? "";

        var login = uri.UserInfo.Length > 0 ? uri.UserInfo.Split(':') : ["guest", "guest"];
        var response = Encoding.UTF8.GetBytes($"\0{Uri.UnescapeDataString(login[0])}\0{Uri.UnescapeDataString(login[1])}");
        var client = new Dictionary<string, object?>
        {
            ["capabilities"] = new Dictionary<string, object?>
            {
                ["consumer_cancel_notify"] = true, ["authentication_failure_close"] = true, ["basic.nack"] = true, ["publisher_confirms"] = true,
            },
        };
        await SendAsync(writer => writer.MethodFrame(0, new ConnectionStartOk(client, "PLAIN", response, "en_US")));
        await NextAsync();
        var host = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : "/";
        await SendAsync(writer => writer
            .MethodFrame(0, new ConnectionTuneOk(Tuning.ChannelMax, Tuning.FrameMax, Heartbeat: 0))
            .MethodFrame(0, new ConnectionOpen(host)));
        if (await NextAsync() is not ConnectionOpenOk) throw new InvalidOperationException("The connection was refused.");
        _reading = ReadAsync();
    }

    private async Task<Method> NextAsync() => await _frames.ReadAsync() is { } frame
        ? Method.Read(frame.Payload.Span)
        : throw new EndOfStreamException("The connection ended in its handshake.");

    private async Task ReadAsync()
    {
        try
        {
            while (await _frames.ReadAsync() is { } frame)
            {
                if (frame.Type == FrameType.Heartbeat) continue;
                if (frame.Channel == 0 && !await TakeOwnAsync(Method.Read(frame.Payload.Span))) break;
                if (frame.Channel != 0) Channel(frame.Channel)?.Take(frame);
                _pulse.Beat();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It is over.
        }

        IsOpen = false;
        RawChannel[] channels;
        lock (_lock) channels = [.. _channels.Values];
        foreach (var channel in channels) channel.End(Received.Without(Close ?? new ConnectionClose(0, "ended", 0, 0)));
        _pulse.Beat();
    }

    private async Task<bool> TakeOwnAsync(Method method)
    {
        if (method is ConnectionCloseOk) return false;
        if (method is not ConnectionClose close) return true;

        Close = close;
        await SendAsync(writer => writer.MethodFrame(0, new ConnectionCloseOk()));
        return true;
    }

    private RawChannel? Channel(ushort number)
    {
        lock (_lock) return _channels.GetValueOrDefault(number);
    }
}
