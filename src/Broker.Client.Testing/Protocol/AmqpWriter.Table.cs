using System.Collections;

namespace Broker.Client.Testing;

internal sealed partial class AmqpWriter
{
    public AmqpWriter Table(IReadOnlyDictionary<string, object?>? table)
    {
        var start = ReserveLength();
        if (table is not null)
            foreach (var (name, value) in table)
                ShortString(name).Value(value);
        SetLength(start);
        return this;
    }

    private void Value(object? value)
    {
        _ = value switch
        {
            null => Octet((byte)'V'),
            string v => Octet((byte)'S').LongText(v),
            bool v => Octet((byte)'t').Bits(v),
            sbyte v => Octet((byte)'b').Octet((byte)v),
            byte v => Octet((byte)'B').Octet(v),
            short v => Octet((byte)'s').UInt16((ushort)v),
            ushort v => Octet((byte)'u').UInt16(v),
            int v => Octet((byte)'I').UInt32((uint)v),
            uint v => Octet((byte)'i').UInt32(v),
            long v => Octet((byte)'l').UInt64((ulong)v),
            ulong v => Octet((byte)'L').UInt64(v),
            float v => Octet((byte)'f').UInt32(BitConverter.SingleToUInt32Bits(v)),
            double v => Octet((byte)'d').UInt64(BitConverter.DoubleToUInt64Bits(v)),
            decimal v => Octet((byte)'D').Decimal(v),
            DateTimeOffset v => Octet((byte)'T').UInt64((ulong)v.ToUnixTimeSeconds()),
            AmqpTimestamp v => Octet((byte)'T').UInt64(v.Seconds),
            byte[] v => Octet((byte)'x').LongBytes(v),
            RawText v => Octet((byte)'S').LongBytes(v.Bytes),
            IReadOnlyDictionary<string, object?> v => Octet((byte)'F').Table(v),
            IEnumerable v => Octet((byte)'A').Array(v),
            _ => throw new ArgumentException($"A table cannot hold a {value.GetType()}", nameof(value)),
        };
    }

    private AmqpWriter Array(IEnumerable values)
    {
        var start = ReserveLength();
        foreach (var value in values) Value(value);
        SetLength(start);
        return this;
    }

    private AmqpWriter Decimal(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var unscaled = (long)(uint)bits[0] * (value < 0 ? -1 : 1);
        if (bits[1] != 0 || bits[2] != 0 || unscaled != (int)unscaled)
            throw new ArgumentException($"{value} does not fit the 32 bits of a decimal in AMQP", nameof(value));
        return Octet(value.Scale).UInt32((uint)(int)unscaled);
    }
}
