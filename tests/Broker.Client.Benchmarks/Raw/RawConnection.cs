using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Broker.Client.Benchmarks.Raw;

/// <summary>
/// A connection with one channel that costs next to nothing: it shares no code with the broker or the library, and knows
/// as much of the protocol as is needed to begin.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _length;
    private int _taken;

    /// <summary>Calls of the system that sent something.</summary>
    public long Sends { get; private set; }

    /// <summary>Connects, and opens channel 1.</summary>
    public static async Task<RawConnection> OpenAsync(Uri broker)
    {
        var (user, password) = broker.UserInfo.Split(':') is [var name, var word] ? (name, word) : ("guest", "guest");
        byte[] login = [0, .. Encoding.UTF8.GetBytes(user), 0, .. Encoding.UTF8.GetBytes(password)];
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(broker.Host, broker.Port);
        await connection.SendAsync("AMQP\0\0\x09\x01"u8.ToArray());
        await connection.ExpectAsync(10, 10);
        await connection.SendAsync(Method(0, 10, 11,
            [0, 0, 0, 0, .. Short("PLAIN"), 0, 0, 0, (byte)login.Length, .. login, .. Short("en_US")]));
        await connection.ExpectAsync(10, 30);
        await connection.SendAsync(Method(0, 10, 31, [0x07, 0xFF, 0, 2, 0, 0, 0, 0]));
        await connection.SendAsync(Method(0, 10, 40, [.. Short("/"), 0, 0]));
        await connection.ExpectAsync(10, 41);
        await connection.CallAsync(20, 10, [0]);
        return connection;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>A method of the channel, and its answer, which has the next number.</summary>
    public async Task CallAsync(byte @class, byte method, byte[] arguments)
    {
        await SendAsync(Method(1, @class, method, arguments));
        await ExpectAsync(@class, (byte)(method + 1));
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (; bytes.Length > 0; Sends++) bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    /// <summary>Waits for more bytes; what was taken before is gone.</summary>
    public async ValueTask ReceiveAsync()
    {
        _buffer.AsSpan(_taken, _length - _taken).CopyTo(_buffer);
        (_length, _taken) = (_length - _taken, 0);
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length));
        _length += read > 0 ? read : throw new IOException("The broker closed the connection");
    }

    /// <summary>The next frame, where it is there as a whole: good until more is received.</summary>
    public bool TryTake(out byte type, out ReadOnlySpan<byte> payload)
    {
        type = 0;
        payload = default;
        var left = _buffer.AsSpan(_taken, _length - _taken);
        if (left.Length < 8) return false;

        var size = BinaryPrimitives.ReadInt32BigEndian(left[3..]);
        if (left.Length < size + 8) return false;

        type = left[0];
        payload = left.Slice(7, size);
        _taken += size + 8;
        return true;
    }

    public static byte[] Method(ushort channel, byte @class, byte method, byte[] arguments) =>
        Frame(1, channel, [0, @class, 0, method, .. arguments]);

    public static byte[] Frame(byte type, ushort channel, byte[] payload)
    {
        var head = new byte[7];
        head[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), channel);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(3), payload.Length);
        return [.. head, .. payload, 0xCE];
    }

    public static byte[] Short(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private async Task ExpectAsync(byte @class, byte method)
    {
        while (!Takes(@class, method)) await ReceiveAsync();
    }

    private bool Takes(byte @class, byte method)
    {
        if (!TryTake(out _, out var payload)) return false;

        return payload[1] == @class && payload[3] == method
            ? true
            : throw new InvalidOperationException($"{payload[1]}.{payload[3]} instead of {@class}.{method}");
    }
}
