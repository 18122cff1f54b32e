using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Broker.Client.Benchmarks.OwnBroker;

/// <summary>
/// A publisher that costs next to nothing, so that the broker is what is measured: frames that were encoded once,
/// written as they are, and a count of what the acks confirm. It shares no code with the broker.
/// </summary>
internal sealed class RawPublisher : IDisposable
{
    private const int Batch = 500;
    private const int MostUnconfirmed = 20_000;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly byte[] _batch;
    private readonly int _messageBytes;
    private readonly string _queue;
    private ulong _confirmed;
    private int _length;
    private int _taken;

    private RawPublisher(string queue, int bodySize, bool persistent)
    {
        _queue = queue;
        var one = Message(queue, bodySize, persistent);
        _messageBytes = one.Length;
        _batch = [.. Enumerable.Range(0, Batch).SelectMany(_ => one)];
    }

    /// <summary>Calls of the system that sent something.</summary>
    public long Sends { get; private set; }

    /// <summary>Connects, declares the queue unless it is there already, and asks for confirms.</summary>
    public static async Task<RawPublisher> ConnectAsync(
        Uri broker, string queue, int bodySize, bool declare = true, bool persistent = false)
    {
        var publisher = new RawPublisher(queue, bodySize, persistent);
        await publisher._socket.ConnectAsync(broker.Host, broker.Port);
        await publisher.SendAsync("AMQP\0\0\x09\x01"u8.ToArray());
        await publisher.ExpectAsync(10, 10);
        await publisher.SendAsync(Method(0, 10, 11,
            [0, 0, 0, 0, .. Short("PLAIN"), 0, 0, 0, 12, .. "\0guest\0guest"u8, .. Short("en_US")]));
        await publisher.ExpectAsync(10, 30);
        await publisher.SendAsync(Method(0, 10, 31, [0x07, 0xFF, 0, 2, 0, 0, 0, 0]));
        await publisher.SendAsync(Method(0, 10, 40, [.. Short("/"), 0, 0]));
        await publisher.ExpectAsync(10, 41);
        await publisher.SendAsync(Method(1, 20, 10, [0]));
        await publisher.ExpectAsync(20, 11);
        if (declare)
        {
            await publisher.SendAsync(Method(1, 50, 10, [0, 0, .. Short(queue), 0b10, 0, 0, 0, 0]));
            await publisher.ExpectAsync(50, 11);
        }

        await publisher.SendAsync(Method(1, 85, 10, [0]));
        await publisher.ExpectAsync(85, 11);
        return publisher;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Completes when the last of them is confirmed.</summary>
    public async Task PublishAsync(int messages)
    {
        var target = _confirmed + (ulong)messages;
        var sent = _confirmed;
        while (sent < target)
        {
            while (sent + Batch - _confirmed > MostUnconfirmed) await ConfirmsAsync();
            await SendAsync(_batch);
            sent += Batch;
        }

        while (_confirmed < target) await ConfirmsAsync();
    }

    /// <summary>Publishes for a while, then waits for the confirms; how many that made.</summary>
    /// <param name="window">At most so many are unconfirmed.</param>
    /// <param name="time">For how long.</param>
    /// <param name="sample">Called with the time at which a message was sent, when it is confirmed: for one at a time.</param>
    public async Task<long> PublishWithinAsync(int window, TimeSpan time, Action<long> sample)
    {
        var (first, sent, sampled, sampledAt) = (_confirmed, _confirmed, 0UL, 0L);
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < time;)
        {
            if (sampled > 0 && _confirmed >= sampled)
            {
                sample(sampledAt);
                sampled = 0;
            }

            if (Math.Min(Batch, window - (int)(sent - _confirmed)) is var room and > 0)
            {
                sent += (ulong)room;
                if (sampled == 0)
                    (sampled, sampledAt) = (sent, TimeProvider.System.GetTimestamp());
                await SendAsync(_batch.AsMemory(0, room * _messageBytes));
            }
            else
            {
                await ConfirmsAsync();
            }
        }

        while (_confirmed < sent) await ConfirmsAsync();
        return (long)(sent - first);
    }

    public async Task PurgeAsync()
    {
        await SendAsync(Method(1, 50, 30, [0, 0, .. Short(_queue), 0]));
        await ExpectAsync(50, 31);
    }

    private async Task ConfirmsAsync()
    {
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length));
        _length += read > 0 ? read : throw new IOException("The broker closed the connection");
        while (Take() is { } frame)
        {
            var payload = _buffer.AsSpan(frame);
            if (payload[1] != 60 || payload[3] != 80) throw new InvalidOperationException("Not an ack");
            _confirmed = Math.Max(_confirmed, BinaryPrimitives.ReadUInt64BigEndian(payload[4..]));
        }

        Compact();
    }

    private async Task ExpectAsync(int @class, int method)
    {
        while (true)
        {
            if (Take() is { } frame)
            {
                var payload = _buffer.AsSpan(frame);
                if (payload[1] != @class || payload[3] != method)
                    throw new InvalidOperationException($"{payload[1]}.{payload[3]} instead of {@class}.{method}");
                Compact();
                return;
            }

            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length));
            _length += read > 0 ? read : throw new IOException("The broker closed the connection");
        }
    }

    // The payload of the next frame in the buffer.
    private Range? Take()
    {
        var left = _buffer.AsSpan(_taken, _length - _taken);
        if (left.Length < 8) return null;

        var size = BinaryPrimitives.ReadInt32BigEndian(left[3..]);
        if (left.Length < size + 8) return null;

        var start = _taken + 7;
        _taken += size + 8;
        return start..(start + size);
    }

    private void Compact()
    {
        _buffer.AsSpan(_taken, _length - _taken).CopyTo(_buffer);
        (_length, _taken) = (_length - _taken, 0);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (; bytes.Length > 0; Sends++) bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    private static byte[] Message(string queue, int bodySize, bool persistent)
    {
        byte[] header = persistent ? [.. new byte[12], 0x10, 0, 2] : new byte[14];
        header[1] = 60;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(4), bodySize);
        return
        [
            .. Method(1, 60, 40, [0, 0, 0, .. Short(queue), 0]), .. Frame(2, 1, header),
            .. Frame(3, 1, new byte[bodySize]),
        ];
    }

    private static byte[] Method(ushort channel, byte @class, byte method, byte[] arguments) =>
        Frame(1, channel, [0, @class, 0, method, .. arguments]);

    private static byte[] Frame(byte type, ushort channel, byte[] payload)
    {
        var head = new byte[7];
        head[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), channel);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(3), payload.Length);
        return [.. head, .. payload, 0xCE];
    }

    private static byte[] Short(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
