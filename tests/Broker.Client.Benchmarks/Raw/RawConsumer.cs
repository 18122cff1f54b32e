using System.Buffers.Binary;

namespace Broker.Client.Benchmarks.Raw;

/// <summary>
/// A consumer that costs next to nothing: it looks at frames where they lie, and writes its acks together. One that
/// acks by many holds back no more than half of its prefetch.
/// </summary>
internal sealed class RawConsumer : IDisposable
{
    // Tables.
    private static readonly byte[] s_nothing = [0, 0, 0, 0];
    private static readonly byte[] s_fromStart = [0, 0, 0, 26, 15, .. "x-stream-offset"u8, (byte)'S', 0, 0, 0, 5, .. "first"u8];

    private readonly RawConnection _connection;
    private readonly int _ackBy;
    private readonly Action<ReadOnlySpan<byte>> _handle;
    private readonly byte[] _acks = new byte[64 * 1024]; // as many as one read has messages
    private int _acksLength;
    private ulong _tag;
    private ulong _acked;
    private long _bodyLeft;

    private RawConsumer(RawConnection connection, int ackBy, Action<ReadOnlySpan<byte>> handle) =>
        (_connection, _ackBy, _handle) = (connection, ackBy, handle);

    /// <summary>Calls of the system that sent something.</summary>
    public long Sends => _connection.Sends;

    /// <summary>Consumes until the connection ends.</summary>
    /// <param name="broker">Where.</param>
    /// <param name="queue">What.</param>
    /// <param name="prefetch">How many may be unacknowledged.</param>
    /// <param name="most">How many one ack may stand for.</param>
    /// <param name="ofStream">Whether it is a stream, to be read from its start.</param>
    /// <param name="handle">Called for each message with what its last frame holds of the body, which is all of a small one.</param>
    public static async Task<RawConsumer> StartAsync(
        Uri broker, string queue, int prefetch, int most, bool ofStream, Action<ReadOnlySpan<byte>> handle)
    {
        var connection = await RawConnection.OpenAsync(broker);
        await connection.CallAsync(60, 10, [0, 0, 0, 0, (byte)(prefetch >> 8), (byte)prefetch, 0]);
        await connection.CallAsync(60, 20, [0, 0, .. RawConnection.Short(queue), .. RawConnection.Short("raw"), 0, .. ofStream ? s_fromStart : s_nothing]);
        var consumer = new RawConsumer(connection, Math.Clamp(prefetch / 2, 1, most), handle);
        _ = Task.Run(consumer.RunAsync);
        return consumer;
    }

    public void Dispose() => _connection.Dispose();

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                TakeAll();
                if (_acksLength > 0)
                    await _connection.SendAsync(_acks.AsMemory(0, _acksLength));
                _acksLength = 0;
                await _connection.ReceiveAsync();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The end.
        }
    }

    private void TakeAll()
    {
        while (_connection.TryTake(out var type, out var payload))
        {
            switch (type)
            {
                case 1 when payload[1] == 60 && payload[3] == 60:
                    _tag = BinaryPrimitives.ReadUInt64BigEndian(payload[(5 + payload[4])..]);
                    break;
                case 2:
                    _bodyLeft = BinaryPrimitives.ReadInt64BigEndian(payload[4..]);
                    break;
                case 3 when (_bodyLeft -= payload.Length) <= 0:
                    _handle(payload);
                    if (_tag - _acked >= (ulong)_ackBy)
                        Ack();
                    break;
            }
        }
    }

    private void Ack()
    {
        Span<byte> ack =
            [1, 0, 1, 0, 0, 0, 13, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, _tag - _acked > 1 ? (byte)1 : (byte)0, 0xCE];
        BinaryPrimitives.WriteUInt64BigEndian(ack[11..], _tag);
        ack.CopyTo(_acks.AsSpan(_acksLength));
        _acksLength += ack.Length;
        _acked = _tag;
    }
}
