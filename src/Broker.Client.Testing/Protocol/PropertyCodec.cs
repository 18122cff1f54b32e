namespace Broker.Client.Testing;

/// <summary>The property list of a content header: a word of flags, then what they announce, in their order.</summary>
internal static class PropertyCodec
{
    private const int UndefinedFlags = 0b11;

    public static MessageProperties Read(ref AmqpReader reader)
    {
        var flags = reader.UInt16();
        // Bit 0 would announce a second word of flags; basic has fourteen properties, so none is ever needed.
        if ((flags & UndefinedFlags) != 0)
            throw AmqpSyntaxException.Syntax($"The property flags 0x{flags:X4} announce what basic does not have");

        var properties = new MessageProperties
        {
            ContentType = Has(flags, 15) ? reader.ShortString() : null,
            ContentEncoding = Has(flags, 14) ? reader.ShortString() : null,
            Headers = Has(flags, 13) ? reader.Table() : null,
            DeliveryMode = Has(flags, 12) ? reader.Octet() : null,
            Priority = Has(flags, 11) ? reader.Octet() : null,
            CorrelationId = Has(flags, 10) ? reader.ShortString() : null,
            ReplyTo = Has(flags, 9) ? reader.ShortString() : null,
            Expiration = Has(flags, 8) ? reader.ShortString() : null,
            MessageId = Has(flags, 7) ? reader.ShortString() : null,
            Timestamp = Has(flags, 6) ? reader.UInt64() : null,
            Type = Has(flags, 5) ? reader.ShortString() : null,
            UserId = Has(flags, 4) ? reader.ShortString() : null,
            AppId = Has(flags, 3) ? reader.ShortString() : null,
            ClusterId = Has(flags, 2) ? reader.ShortString() : null,
        };
        reader.End();
        return properties;
    }

    public static void Write(AmqpWriter writer, MessageProperties properties)
    {
        writer.UInt16(Flags(properties));
        Text(writer, properties.ContentType);
        Text(writer, properties.ContentEncoding);
        if (properties.Headers is { } headers) writer.Table(headers);
        if (properties.DeliveryMode is { } deliveryMode) writer.Octet(deliveryMode);
        if (properties.Priority is { } priority) writer.Octet(priority);
        Text(writer, properties.CorrelationId);
        Text(writer, properties.ReplyTo);
        Text(writer, properties.Expiration);
        Text(writer, properties.MessageId);
        if (properties.Timestamp is { } timestamp) writer.UInt64(timestamp);
        Text(writer, properties.Type);
        Text(writer, properties.UserId);
        Text(writer, properties.AppId);
        Text(writer, properties.ClusterId);
    }

    public static int Length(MessageProperties properties)
    {
        var writer = new AmqpWriter();
        Write(writer, properties);
        return writer.Written.Length;
    }

    private static ushort Flags(MessageProperties properties)
    {
        ReadOnlySpan<bool> present =
        [
            properties.ContentType is not null, properties.ContentEncoding is not null,
            properties.Headers is not null, properties.DeliveryMode is not null, properties.Priority is not null,
            properties.CorrelationId is not null, properties.ReplyTo is not null,
            properties.Expiration is not null, properties.MessageId is not null, properties.Timestamp is not null,
            properties.Type is not null, properties.UserId is not null, properties.AppId is not null,
            properties.ClusterId is not null,
        ];
        var flags = 0;
        for (var i = 0; i < present.Length; i++)
            if (present[i])
                flags |= 1 << (15 - i);
        return (ushort)flags;
    }

    private static bool Has(ushort flags, int bit) => (flags & 1 << bit) != 0;

    private static void Text(AmqpWriter writer, string? text)
    {
        if (text is not null) writer.ShortString(text);
    }
}
