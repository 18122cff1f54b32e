using System.Buffers;
using System.Buffers.Binary;

namespace Broker.Client.Benchmarks.Servers;

/// <summary>One channel of the bare server: it counts the messages that come in, and may have a consumer.</summary>
internal sealed class BareChannel(ushort number)
{
    private long _bodyLeft;
    private ulong _messages;

    public ushort Number => number;

    public bool Confirms { get; set; }

    /// <summary>Whether it is noted for the confirms of this read.</summary>
    public bool IsListed { get; set; }

    public ushort Prefetch { get; set; }

    public BareConsumer? Consumer { get; set; }

    public void Reset()
    {
        Confirms = false;
        Prefetch = 0;
        Consumer = null;
        (_bodyLeft, _messages) = (0, 0);
    }

    /// <summary>Whether a message is complete by it.</summary>
    public bool OnHeader(long bodySize)
    {
        _bodyLeft = bodySize;
        return OnBody(0);
    }

    /// <summary>Whether a message is complete by it.</summary>
    public bool OnBody(int bytes)
    {
        _bodyLeft -= bytes;
        if (_bodyLeft > 0)
            return false;
        _messages++;
        return Confirms;
    }

    /// <summary>One ack for all so far.</summary>
    public void Confirm(IBufferWriter<byte> output)
    {
        IsListed = false;
        Span<byte> ack = [1, (byte)(number >> 8), (byte)number, 0, 0, 0, 13, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xCE];
        BinaryPrimitives.WriteUInt64BigEndian(ack[11..], _messages);
        output.Write(ack);
    }
}
