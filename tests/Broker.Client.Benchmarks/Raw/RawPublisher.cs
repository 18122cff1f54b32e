using System.Buffers.Binary;

namespace Broker.Client.Benchmarks.Raw;

/// <summary>
/// A publisher that costs next to nothing, so that the broker is what is measured: frames that were encoded once,
/// written as they are, and a count of what the acks confirm.
/// </summary>
internal sealed class RawPublisher : IDisposable
{
    private const int Batch = 500;
    private const int MostUnconfirmed = 20_000;

    private readonly RawConnection _connection;
    private readonly byte[] _batch;
    private readonly int _messageBytes;
    private readonly string _queue;
    private ulong _confirmed;

    private RawPublisher(RawConnection connection, string queue, int bodySize, bool persistent)
    {
        _connection = connection;
        _queue = queue;
        var one = Message(queue, bodySize, persistent);
        _messageBytes = one.Length;
        _batch = [.. Enumerable.Range(0, Batch).SelectMany(_ => one)];
    }

    /// <summary>Calls of the system that sent something.</summary>
    public long Sends => _connection.Sends;

    /// <summary>Connects, declares the queue unless it is there already, and asks for confirms.</summary>
    public static async Task<RawPublisher> ConnectAsync(
        Uri broker, string queue, int bodySize, bool declare = true, bool persistent = false)
    {
        var connection = await RawConnection.OpenAsync(broker);
        if (declare) await connection.CallAsync(50, 10, [0, 0, .. RawConnection.Short(queue), 0b10, 0, 0, 0, 0]);
        await connection.CallAsync(85, 10, [0]);
        return new RawPublisher(connection, queue, bodySize, persistent);
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Completes when the last of them is confirmed.</summary>
    public async Task PublishAsync(int messages)
    {
        var target = _confirmed + (ulong)messages;
        var sent = _confirmed;
        while (sent < target)
        {
            while (sent + Batch - _confirmed > MostUnconfirmed) await ConfirmsAsync();
            var batch = (int)Math.Min(Batch, target - sent);
            await _connection.SendAsync(_batch.AsMemory(0, batch * _messageBytes));
            sent += (ulong)batch;
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
                await _connection.SendAsync(_batch.AsMemory(0, room * _messageBytes));
            }
            else
            {
                await ConfirmsAsync();
            }
        }

        while (_confirmed < sent) await ConfirmsAsync();
        return (long)(sent - first);
    }

    public Task PurgeAsync() => _connection.CallAsync(50, 30, [0, 0, .. RawConnection.Short(_queue), 0]);

    private async Task ConfirmsAsync()
    {
        await _connection.ReceiveAsync();
        while (_connection.TryTake(out _, out var payload))
        {
            if (payload[1] != 60 || payload[3] != 80) throw new InvalidOperationException("Not an ack");
            _confirmed = Math.Max(_confirmed, BinaryPrimitives.ReadUInt64BigEndian(payload[4..]));
        }
    }

    private static byte[] Message(string queue, int bodySize, bool persistent)
    {
        byte[] header = persistent ? [.. new byte[12], 0x10, 0, 2] : new byte[14];
        header[1] = 60;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(4), bodySize);
        return
        [
            .. RawConnection.Method(1, 60, 40, [0, 0, 0, .. RawConnection.Short(queue), 0]),
            .. RawConnection.Frame(2, 1, header),
            .. RawConnection.Frame(3, 1, new byte[bodySize]),
        ];
    }
}
