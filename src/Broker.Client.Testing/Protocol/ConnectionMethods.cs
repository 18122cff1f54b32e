namespace Broker.Client.Testing;

internal sealed record ConnectionStart(byte VersionMajor, byte VersionMinor,
    IReadOnlyDictionary<string, object?>? ServerProperties, string Mechanisms, string Locales)
    : Method(10, 10, "connection.start")
{
    public static Method Read(ref AmqpReader r) =>
        new ConnectionStart(r.Octet(), r.Octet(), r.Table(), r.LongText(), r.LongText());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.Octet(VersionMajor).Octet(VersionMinor).Table(ServerProperties).LongText(Mechanisms).LongText(Locales);
}

internal sealed record ConnectionStartOk(IReadOnlyDictionary<string, object?>? ClientProperties, string Mechanism,
    byte[] Response, string Locale)
    : Method(10, 11, "connection.start-ok")
{
    public static Method Read(ref AmqpReader r) =>
        new ConnectionStartOk(r.Table(), r.ShortString(), r.LongBytes(), r.ShortString());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.Table(ClientProperties).ShortString(Mechanism).LongBytes(Response).ShortString(Locale);
}

internal sealed record ConnectionSecure(byte[] Challenge) : Method(10, 20, "connection.secure")
{
    public static Method Read(ref AmqpReader r) => new ConnectionSecure(r.LongBytes());

    protected override void WriteFields(AmqpWriter writer) => writer.LongBytes(Challenge);
}

internal sealed record ConnectionSecureOk(byte[] Response) : Method(10, 21, "connection.secure-ok")
{
    public static Method Read(ref AmqpReader r) => new ConnectionSecureOk(r.LongBytes());

    protected override void WriteFields(AmqpWriter writer) => writer.LongBytes(Response);
}

internal sealed record ConnectionTune(ushort ChannelMax, uint FrameMax, ushort Heartbeat)
    : Method(10, 30, "connection.tune")
{
    public static Method Read(ref AmqpReader r) => new ConnectionTune(r.UInt16(), r.UInt32(), r.UInt16());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(ChannelMax).UInt32(FrameMax).UInt16(Heartbeat);
}

internal sealed record ConnectionTuneOk(ushort ChannelMax, uint FrameMax, ushort Heartbeat)
    : Method(10, 31, "connection.tune-ok")
{
    public static Method Read(ref AmqpReader r) => new ConnectionTuneOk(r.UInt16(), r.UInt32(), r.UInt16());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(ChannelMax).UInt32(FrameMax).UInt16(Heartbeat);
}

internal sealed record ConnectionOpen(string VirtualHost) : Method(10, 40, "connection.open")
{
    public static Method Read(ref AmqpReader r)
    {
        var virtualHost = r.ShortString();
        _ = r.ShortString();
        _ = r.Octet();
        return new ConnectionOpen(virtualHost);
    }

    protected override void WriteFields(AmqpWriter writer) => writer.ShortString(VirtualHost).Octet(0).Octet(0);
}

internal sealed record ConnectionOpenOk() : Method(10, 41, "connection.open-ok")
{
    public static Method Read(ref AmqpReader r)
    {
        _ = r.ShortString();
        return new ConnectionOpenOk();
    }

    protected override void WriteFields(AmqpWriter writer) => writer.Octet(0);
}

internal sealed record ConnectionClose(ushort ReplyCode, string ReplyText, ushort FailedClassId,
    ushort FailedMethodId)
    : Method(10, 50, "connection.close")
{
    public static Method Read(ref AmqpReader r) =>
        new ConnectionClose(r.UInt16(), r.ShortString(), r.UInt16(), r.UInt16());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(ReplyCode).ShortText(ReplyText).UInt16(FailedClassId).UInt16(FailedMethodId);
}

internal sealed record ConnectionCloseOk() : Method(10, 51, "connection.close-ok")
{
    public static Method Read(ref AmqpReader r) => new ConnectionCloseOk();
}

internal sealed record ConnectionBlocked(string Reason) : Method(10, 60, "connection.blocked")
{
    public static Method Read(ref AmqpReader r) => new ConnectionBlocked(r.ShortString());

    protected override void WriteFields(AmqpWriter writer) => writer.ShortText(Reason);
}

internal sealed record ConnectionUnblocked() : Method(10, 61, "connection.unblocked")
{
    public static Method Read(ref AmqpReader r) => new ConnectionUnblocked();
}

internal sealed record ConnectionUpdateSecret(byte[] NewSecret, string Reason)
    : Method(10, 70, "connection.update-secret")
{
    public static Method Read(ref AmqpReader r) => new ConnectionUpdateSecret(r.LongBytes(), r.ShortString());

    protected override void WriteFields(AmqpWriter writer) => writer.LongBytes(NewSecret).ShortText(Reason);
}

internal sealed record ConnectionUpdateSecretOk() : Method(10, 71, "connection.update-secret-ok")
{
    public static Method Read(ref AmqpReader r) => new ConnectionUpdateSecretOk();
}
