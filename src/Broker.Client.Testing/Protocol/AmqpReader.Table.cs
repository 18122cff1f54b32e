using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.Text;
using System.Text.Unicode;

namespace Broker.Client.Testing;

internal ref partial struct AmqpReader
{
    // Nesting and counts are bounded because five bytes of input make a dictionary.
    private const int DeepestNesting = 32;
    private const int MostValues = 65_536;

    /// <summary>Values come as the .NET type of the same width. Where a name comes twice, the last holds.</summary>
    public IReadOnlyDictionary<string, object?> Table()
    {
        var inner = Nested();
        if (inner.Remaining == 0) return ReadOnlyDictionary<string, object?>.Empty;

        var table = new Dictionary<string, object?>();
        while (inner.Remaining > 0)
        {
            var name = inner.ShortString();
            table[name] = inner.Value();
        }

        _values = inner._values;
        return table;
    }

    private List<object?> Array()
    {
        var inner = Nested();
        var list = new List<object?>();
        while (inner.Remaining > 0) list.Add(inner.Value());

        _values = inner._values;
        return list;
    }

    private AmqpReader Nested()
    {
        if (_depth == DeepestNesting)
            throw AmqpSyntaxException.Syntax($"A table is nested deeper than {DeepestNesting} levels");
        return new AmqpReader(LongSpan()) { _depth = _depth + 1, _values = _values };
    }

    private object? Value()
    {
        if (++_values > MostValues) throw AmqpSyntaxException.Syntax($"A table has more than {MostValues} values");

        var kind = (char)Octet();
        return kind switch
        {
            't' => Octet() != 0,
            'b' => (sbyte)Octet(),
            'B' => Octet(),
            's' => (short)UInt16(),
            'u' => UInt16(),
            'I' => (int)UInt32(),
            'i' => UInt32(),
            'l' => (long)UInt64(),
            'L' => UInt64(),
            'f' => BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            'd' => BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            'D' => Decimal(),
            'S' => TextOrBytes(),
            'x' => LongBytes(),
            'A' => Array(),
            'T' => AmqpTimestamp.ToValue(UInt64()),
            'F' => Table(),
            'V' => null,
            _ => throw AmqpSyntaxException.Syntax($"A table has a value of the unknown type 0x{(int)kind:X2}"),
        };
    }

    // Drivers send arbitrary bytes as a long string; only what is UTF-8 is text.
    private object TextOrBytes()
    {
        var bytes = LongSpan();
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : new RawText(bytes.ToArray());
    }

    private decimal Decimal()
    {
        var scale = Octet();
        var unscaled = (int)UInt32();
        return scale <= 28
            ? new decimal(unchecked((int)Math.Abs((long)unscaled)), 0, 0, unscaled < 0, scale)
            : throw AmqpSyntaxException.Syntax($"A decimal has {scale} places; up to 28 are supported");
    }
}
