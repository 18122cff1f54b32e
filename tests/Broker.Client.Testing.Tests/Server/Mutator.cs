using System.Buffers.Binary;
using Broker.Client.Testing.Tests.Protocol;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>Conversations with broken frames in them, the same ones for the same seed.</summary>
internal sealed class Mutator(int seed, string queue)
{
    // Its connection's own, and not used again before that is gone; the broker keeps a history for each name.
    private const int Queues = 64;

    /// <summary>Broken frames in a conversation, each on a channel of its own and followed by a question that the
    /// broker answers if it survived.</summary>
    public const int Steps = 12;

    /// <summary>The channel of the questions.</summary>
    public const ushort Witness = 2;

    private static readonly byte[][] _methods =
        [.. Samples.Methods.Select(static method => new AmqpWriter().MethodFrame(0, method).ToArray())];

    private readonly byte[][] _contents =
    [
        .. Enumerable.Range(0, Queues).Select(number => Content(new("", $"{queue}.{number}", Mandatory: true, Immediate: false), Samples.EveryProperty, 9)),
        Content(new("amq.topic", "a.b", Mandatory: true, Immediate: false), MessageProperties.None, 0),
        Content(new("amq.headers", "", Mandatory: false, Immediate: false), new() { Headers = Samples.Table }, 9_000),
    ];

    private static readonly byte[] _handshake = new AmqpWriter().Raw(FrameWriter.ProtocolHeader)
        .MethodFrame(0, new ConnectionStartOk(Samples.Table, "PLAIN", "\0guest\0guest"u8.ToArray(), "en_US"))
        .MethodFrame(0, new ConnectionTuneOk(100, 8192, 0))
        .MethodFrame(0, new ConnectionOpen("/"))
        .ToArray();

    private static readonly byte[] _farewell =
        new AmqpWriter().MethodFrame(0, new ConnectionClose(200, "", 0, 0)).ToArray();

    private readonly Random _random = new(seed);
    private readonly AmqpWriter _writer = new();
    private int _number;

    /// <summary>Whether it is the handshake that is broken, so that there are no questions.</summary>
    public bool IsHandshake { get; private set; }

    /// <summary>The bytes of the next conversation.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        _writer.Clear();
        IsHandshake = _random.Next(10) == 0;
        if (IsHandshake) return _writer.Raw(Break(_handshake, isRepaired: false)).Raw(_farewell).Written;

        _number = (_number + 1) % Queues;
        var name = $"{queue}.{_number}";
        _writer.Raw(_handshake).MethodFrame(Witness, new ChannelOpen())
            .MethodFrame(Witness, new QueueDeclare(name, false, false, false, AutoDelete: true, NoWait: true, null))
            .MethodFrame(Witness, new QueueBind(name, "amq.topic", "#", NoWait: true, null))
            .MethodFrame(Witness, new BasicConsume(name, "", false, NoAck: true, false, NoWait: true, null));
        for (ushort step = 0; step < Steps; step++)
        {
            var channel = (ushort)(10 + step);
            _writer.MethodFrame(channel, new ChannelOpen());
            if (_random.Next(4) == 0) _writer.MethodFrame(channel, new ConfirmSelect(NoWait: true));
            _writer.Raw(Step(channel)).MethodFrame(Witness, new BasicQos(0, 1, Global: false));
        }

        return _writer.Raw(_farewell).Written;
    }

    private byte[] Step(ushort channel)
    {
        var isContent = _random.Next(3) == 0;
        var frames = (isContent
            ? _contents[_random.Next(3) == 0 ? _number : _random.Next(Queues, _contents.Length)]
            : _methods[_random.Next(_methods.Length)]).ToArray();
        for (var at = 0; at < frames.Length; at += Whole(frames, at))
            BinaryPrimitives.WriteUInt16BigEndian(frames.AsSpan(at + 1), channel);
        return Break(frames, isRepaired: _random.Next(10) > 0);
    }

    // One frame of those given, or the bytes anywhere. A repaired one has the length and the end that it needs, so that
    // what is in it is looked at.
    private byte[] Break(byte[] frames, bool isRepaired)
    {
        if (!isRepaired) return Mutated(frames, 0, frames.Length);

        List<int> starts = [];
        for (var at = 0; at < frames.Length; at += Whole(frames, at)) starts.Add(at);
        var start = starts[_random.Next(starts.Count)];
        var end = start + Whole(frames, start);
        var payload = Mutated(frames[(start + Frame.HeadSize)..(end - 1)], 0, end - start - Frame.Overhead);
        var head = frames[start..(start + Frame.HeadSize)];
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(3), (uint)payload.Length);
        return [.. frames[..start], .. head, .. payload, Frame.End, .. frames[end..]];
    }

    private byte[] Mutated(byte[] input, int from, int to)
    {
        var bytes = input.ToArray();
        if (bytes.Length == 0) return [(byte)_random.Next(256)];
        for (var n = _random.Next(1, 4); n > 0; n--)
        {
            var at = _random.Next(from, to);
            var left = bytes.Length - at;
            switch (_random.Next(9))
            {
                case 0 when left >= 4:
                    BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), Length());
                    break;
                case 1 when left >= 8:
                    BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), (ulong)Length() << 31);
                    break;
                case 2:
                    bytes[at] = "tbBsuIilLfdDSATFVx"u8[_random.Next(18)];
                    break;
                case 3:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 4 when left > 2:
                    bytes.AsSpan(at, _random.Next(1, Math.Min(left, 40))).Fill((byte)_random.Next(256));
                    break;
                default:
                    bytes[at] = (byte)_random.Next(256);
                    break;
            }
        }

        return _random.Next(10) switch
        {
            0 => bytes[..(bytes.Length - _random.Next(Math.Min(bytes.Length, 9)))],
            1 => [.. bytes, .. bytes[.._random.Next(Math.Min(bytes.Length, 64))]],
            _ => bytes,
        };
    }

    private uint Length() => _random.Next(6) switch
    {
        0 => uint.MaxValue,
        1 => int.MaxValue,
        2 => 1u << 31,
        3 => 8192,
        4 => 16 * 1024 * 1024,
        _ => (uint)_random.Next(300),
    };

    private static int Whole(byte[] frames, int at) =>
        Frame.Overhead + (int)BinaryPrimitives.ReadUInt32BigEndian(frames.AsSpan(at + 3));

    private static byte[] Content(BasicPublish method, MessageProperties properties, int size) => new AmqpWriter()
        .ContentFrames(0, method, ContentHeader.Of(properties, (ulong)size), new byte[size], 8192).ToArray();
}
