using System.Buffers.Binary;
using System.Text;

namespace Broker.Client.Testing;

/// <summary>Writes the protocol's elementary types into one buffer that grows, to be sent and cleared.</summary>
internal sealed partial class AmqpWriter(int capacity = 256)
{
    private byte[] _buffer = new byte[capacity];

    public int Length { get; private set; }

    /// <summary>Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    /// <summary>Takes back all that was written after that length.</summary>
    public void Truncate(int length) => Length = length;

    public AmqpWriter Octet(byte value)
    {
        Claim(1)[0] = value;
        return this;
    }

    public AmqpWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Claim(2), value);
        return this;
    }

    public AmqpWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Claim(4), value);
        return this;
    }

    public AmqpWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Claim(8), value);
        return this;
    }

    /// <summary>Bits that follow each other in a method share an octet, the first in its lowest bit.</summary>
    public AmqpWriter Bits(bool b0, bool b1 = false, bool b2 = false, bool b3 = false, bool b4 = false) =>
        Octet((byte)((b0 ? 1 : 0) | (b1 ? 2 : 0) | (b2 ? 4 : 0) | (b3 ? 8 : 0) | (b4 ? 16 : 0)));

    public AmqpWriter ShortString(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > byte.MaxValue)
            throw new ArgumentException($"A short string has {length} bytes; 255 are allowed", nameof(value));
        Encoding.UTF8.GetBytes(value, Octet((byte)length).Claim(length));
        return this;
    }

    /// <summary>For texts that only people read. Too long a text is cut: an error must not fail to be told.</summary>
    public AmqpWriter ShortText(string value)
    {
        while (Encoding.UTF8.GetByteCount(value) > byte.MaxValue)
            value = value[..(Math.Min(value.Length, 256) - 1)];
        return ShortString(value);
    }

    public AmqpWriter LongText(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, UInt32((uint)length).Claim(length));
        return this;
    }

    public AmqpWriter LongBytes(ReadOnlySpan<byte> value) => UInt32((uint)value.Length).Raw(value);

    public AmqpWriter Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Claim(bytes.Length));
        return this;
    }

    /// <summary>Leaves room for a length that <see cref="SetLength"/> fills in.</summary>
    public int ReserveLength()
    {
        Claim(4);
        return Length;
    }

    public void SetLength(int start) =>
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(start - 4), (uint)(Length - start));

    private Span<byte> Claim(int count)
    {
        var wanted = checked(Length + count);
        if (wanted > _buffer.Length)
            System.Array.Resize(ref _buffer, (int)Math.Max(wanted, Math.Min(_buffer.Length * 2L, int.MaxValue / 2)));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
