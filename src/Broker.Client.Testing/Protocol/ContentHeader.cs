namespace Broker.Client.Testing;

/// <summary>A header frame's payload. The properties are kept as the bytes that came too, so that a message is
/// delivered with exactly what was published, whatever a reader here makes of it.</summary>
internal sealed record ContentHeader(
    ushort ClassId, ulong BodySize, MessageProperties Properties, ReadOnlyMemory<byte> RawProperties)
{
    public const ushort BasicClass = 60;

    /// <summary>A header of our own making.</summary>
    public static ContentHeader Of(MessageProperties properties, ulong bodySize)
    {
        var writer = new AmqpWriter();
        PropertyCodec.Write(writer, properties);
        return new ContentHeader(BasicClass, bodySize, properties, writer.ToArray());
    }

    public static ContentHeader Read(ReadOnlySpan<byte> payload)
    {
        var reader = new AmqpReader(payload);
        var classId = reader.UInt16();
        if (classId != BasicClass)
            throw AmqpSyntaxException.Frame($"A content header is of class {classId}; only basic (60) has content");
        if (reader.UInt16() != 0) throw AmqpSyntaxException.Syntax("A content header's weight is not 0");

        var bodySize = reader.UInt64();
        var raw = payload[^reader.Remaining..].ToArray();
        return new ContentHeader(classId, bodySize, PropertyCodec.Read(ref reader), raw);
    }

    public void Write(AmqpWriter writer) =>
        writer.UInt16(ClassId).UInt16(0).UInt64(BodySize).Raw(RawProperties.Span);
}
