using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Broker.Client.Testing;

/// <summary>Reads the elementary types. Whatever is malformed is an <see cref="AmqpSyntaxException"/>.</summary>
internal ref partial struct AmqpReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;
    private int _depth;
    private int _values;

    public readonly int Remaining => _rest.Length;

    public byte Octet() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>A bit alone in its octet. Two or more in a row share one: take <see cref="Octet"/>.</summary>
    public bool Bit() => (Octet() & 1) != 0;

    /// <summary>The access ticket, which nothing has used since AMQP 0-8.</summary>
    public void Ticket() => _ = UInt16();

    public string ShortString()
    {
        var bytes = Take(Octet());
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw AmqpSyntaxException.Syntax("A short string is not UTF-8; only UTF-8 is supported here");
    }

    public byte[] LongBytes() => LongSpan().ToArray();

    public string LongText()
    {
        var bytes = LongSpan();
        return Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw AmqpSyntaxException.Syntax("A long string that must be text is not UTF-8");
    }

    public readonly void End()
    {
        if (_rest.Length > 0)
            throw AmqpSyntaxException.Syntax($"{_rest.Length} bytes are left over behind the last field");
    }

    private ReadOnlySpan<byte> LongSpan()
    {
        var length = UInt32();
        return length <= (uint)_rest.Length ? Take((int)length) : throw Short(length);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length) throw Short((uint)count);
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private readonly AmqpSyntaxException Short(uint wanted) =>
        AmqpSyntaxException.Syntax($"A field needs {wanted} bytes where {_rest.Length} are left");
}
