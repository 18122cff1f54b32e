namespace Broker.Client.Testing;

internal sealed record ChannelOpen() : Method(20, 10, "channel.open")
{
    public static Method Read(ref AmqpReader r)
    {
        _ = r.ShortString();
        return new ChannelOpen();
    }

    protected override void WriteFields(AmqpWriter writer) => writer.Octet(0);
}

internal sealed record ChannelOpenOk() : Method(20, 11, "channel.open-ok")
{
    public static Method Read(ref AmqpReader r)
    {
        _ = r.LongBytes();
        return new ChannelOpenOk();
    }

    protected override void WriteFields(AmqpWriter writer) => writer.UInt32(0);
}

internal sealed record ChannelFlow(bool Active) : Method(20, 20, "channel.flow")
{
    public static Method Read(ref AmqpReader r) => new ChannelFlow(r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.Bits(Active);
}

internal sealed record ChannelFlowOk(bool Active) : Method(20, 21, "channel.flow-ok")
{
    public static Method Read(ref AmqpReader r) => new ChannelFlowOk(r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.Bits(Active);
}

internal sealed record ChannelClose(ushort ReplyCode, string ReplyText, ushort FailedClassId, ushort FailedMethodId)
    : Method(20, 40, "channel.close")
{
    public static Method Read(ref AmqpReader r) =>
        new ChannelClose(r.UInt16(), r.ShortString(), r.UInt16(), r.UInt16());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(ReplyCode).ShortText(ReplyText).UInt16(FailedClassId).UInt16(FailedMethodId);
}

internal sealed record ChannelCloseOk() : Method(20, 41, "channel.close-ok")
{
    public static Method Read(ref AmqpReader r) => new ChannelCloseOk();
}
