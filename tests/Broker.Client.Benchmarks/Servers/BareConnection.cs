using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Broker.Client.Benchmarks.Servers;

/// <summary>One connection of the bare server, from the protocol header to its end.</summary>
internal sealed class BareConnection(Socket socket)
{
    private const int MostFrameBytes = 128 * 1024;

    private const string MadeTag = "amq.ctag-AbCdEfGhIjKlMnOpQrStUv"; // as long as RabbitMQ's

    // Consumers wait until no more are added, who would have to wait behind the deliveries of the first.
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(100);

    // Version 0-9, no mechanisms but PLAIN; the table says that confirms are known.
    private static readonly byte[] s_start =
    [
        0, 9,
        .. Long(
        [
            .. Short("capabilities"), (byte)'F',
            .. Long([.. Short("publisher_confirms"), (byte)'t', 1, .. Short("basic.nack"), (byte)'t', 1]),
        ]),
        .. Long("PLAIN"u8), .. Long("en_US"u8),
    ];

    private readonly byte[] _input = new byte[512 * 1024];
    private readonly BareChannel[] _channels =
        [.. Enumerable.Range(0, 2048).Select(static number => new BareChannel((ushort)number))];
    private readonly ArrayBufferWriter<byte> _output = new(256 * 1024);
    private readonly List<BareChannel> _toConfirm = [];
    private readonly List<BareChannel> _starting = [];
    private readonly List<BareChannel> _delivering = [];
    private bool _isOpen;

    public async Task RunAsync()
    {
        try
        {
            using (socket)
            {
                var (length, taken) = (0, 0);
                while (await AnswerAsync()
                    || await socket.ReceiveAsync(_input.AsMemory(length)) is var read and > 0 && (length += read) > 0)
                {
                    while (TryTake(_input.AsSpan(taken, length - taken)) is var size and > 0)
                        taken += size;
                    _input.AsSpan(taken, length - taken).CopyTo(_input);
                    (length, taken) = (length - taken, 0);
                }
            }
        }
        catch (SocketException)
        {
            // The client went away.
        }
        catch (NotSupportedException error)
        {
            await Console.Error.WriteLineAsync(error.Message); // the client learns of the end alone
        }
    }

    // Whether there is more to say without having listened.
    private async Task<bool> AnswerAsync()
    {
        foreach (var channel in _toConfirm)
            channel.Confirm(_output);
        _toConfirm.Clear();
        foreach (var channel in _delivering)
            channel.Consumer?.Deliver(_output);
        for (var bytes = _output.WrittenMemory; bytes.Length > 0;)
            bytes = bytes[await socket.SendAsync(bytes)..];
        _output.ResetWrittenCount();
        if (_starting.Count > 0 && !socket.Poll(s_quiet, SelectMode.SelectRead))
        {
            _delivering.AddRange(_starting);
            _starting.Clear();
        }

        return socket.Available == 0 && _delivering.Exists(static channel => channel.Consumer is { HasCredit: true });
    }

    // How many bytes the frame had that was taken; 0 where it is not there yet.
    private int TryTake(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8)
            return 0;
        if (!_isOpen)
        {
            _isOpen = true;
            Method(0, 10, 10, s_start);
            return 8;
        }

        var size = BinaryPrimitives.ReadInt32BigEndian(bytes[3..]);
        if (bytes.Length < size + 8)
            return 0;
        var channel = _channels[BinaryPrimitives.ReadUInt16BigEndian(bytes[1..])];
        var payload = bytes.Slice(7, size);
        switch (bytes[0])
        {
            case 1:
                Answer(channel, payload[1], payload[3], payload[4..]);
                break;
            case 2 when channel.OnHeader(BinaryPrimitives.ReadInt64BigEndian(payload[4..])):
            case 3 when channel.OnBody(size):
                if (!channel.IsListed)
                    _toConfirm.Add(channel);
                channel.IsListed = true;
                break;
        }

        return size + 8;
    }

    private void Answer(BareChannel channel, byte @class, byte method, ReadOnlySpan<byte> arguments)
    {
        switch (@class, method)
        {
            case (10, 11):
                Method(channel.Number, 10, 30, [0x07, 0xFF, .. BigEndian(MostFrameBytes), 0, 0]); // tune, no heartbeats
                break;
            case (10, 40):
                Method(channel.Number, 10, 41, [0]);
                break;
            case (20, 10):
                Reset(channel);
                Method(channel.Number, 20, 11, [0, 0, 0, 0]);
                break;
            case (85, 10):
                channel.Confirms = true;
                Method(channel.Number, 85, 11, []);
                break;
            case (50, 10):
                Method(channel.Number, 50, 11, [.. arguments.Slice(2, arguments[2] + 1), .. new byte[8]]);
                break;
            case (50, 30) or (50, 40):
                Method(channel.Number, 50, (byte)(method + 1), new byte[4]);
                break;
            case (60, 10):
                channel.Prefetch = BinaryPrimitives.ReadUInt16BigEndian(arguments[4..]);
                Method(channel.Number, 60, 11, []);
                break;
            case (60, 20):
                Consume(channel, arguments[2..]);
                break;
            case (60, 30):
                channel.Consumer = null;
                Method(channel.Number, 60, 31, arguments[..(arguments[0] + 1)]);
                break;
            case (60, 80) or (60, 120):
                channel.Consumer?.Finish(BinaryPrimitives.ReadUInt64BigEndian(arguments), (arguments[8] & 1) != 0);
                break;
            case (60, 90):
                channel.Consumer?.Finish(BinaryPrimitives.ReadUInt64BigEndian(arguments), multiple: false);
                break;
            case (20, 40):
                Reset(channel);
                Method(channel.Number, 20, 41, []);
                break;
            case (50, 20) or (40, _) or (10, 50):
                Method(channel.Number, @class, (byte)(method + 1), []);
                break;
            case (60, 40) or (10, 31) or (10, 51) or (20, 41):
                break; // nothing is to be said
            default:
                throw new NotSupportedException($"The bare server does not know the method {@class}.{method}.");
        }
    }

    private void Consume(BareChannel channel, ReadOnlySpan<byte> arguments)
    {
        var queue = Encoding.UTF8.GetString(arguments.Slice(1, arguments[0]));
        arguments = arguments[(arguments[0] + 1)..];
        var acknowledges = (arguments[arguments[0] + 1] & 2) == 0;
        var tag = arguments[0] == 0 ? Short(MadeTag) : arguments[..(arguments[0] + 1)];
        Method(channel.Number, 60, 21, tag);
        channel.Consumer = new BareConsumer(channel.Number, queue, tag[1..], acknowledges ? channel.Prefetch : 0);
        _starting.Add(channel);
    }

    private void Reset(BareChannel channel)
    {
        channel.Reset();
        _starting.Remove(channel);
        _delivering.Remove(channel);
    }

    private void Method(ushort channel, byte @class, byte method, ReadOnlySpan<byte> arguments)
    {
        _output.Write((ReadOnlySpan<byte>)
        [
            1, (byte)(channel >> 8), (byte)channel, .. BigEndian(arguments.Length + 4), 0, @class, 0, method, .. arguments,
            0xCE,
        ]);
    }

    private static byte[] Short(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Long(ReadOnlySpan<byte> bytes) => [.. BigEndian(bytes.Length), .. bytes];

    private static byte[] BigEndian(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }
}
