namespace Broker.Client.Testing;

internal sealed record BasicQos(uint PrefetchSize, ushort PrefetchCount, bool Global) : Method(60, 10, "basic.qos")
{
    public static Method Read(ref AmqpReader r) => new BasicQos(r.UInt32(), r.UInt16(), r.Bit());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt32(PrefetchSize).UInt16(PrefetchCount).Bits(Global);
}

internal sealed record BasicQosOk() : Method(60, 11, "basic.qos-ok")
{
    public static Method Read(ref AmqpReader r) => new BasicQosOk();
}

internal sealed record BasicConsume(string Queue, string ConsumerTag, bool NoLocal, bool NoAck, bool Exclusive,
    bool NoWait, IReadOnlyDictionary<string, object?>? Arguments)
    : Method(60, 20, "basic.consume")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var queue = r.ShortString();
        var consumerTag = r.ShortString();
        var bits = r.Octet();
        return new BasicConsume(queue, consumerTag, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
            (bits & 8) != 0, r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Queue).ShortString(ConsumerTag).Bits(NoLocal, NoAck, Exclusive, NoWait)
            .Table(Arguments);
}

internal sealed record BasicConsumeOk(string ConsumerTag) : Method(60, 21, "basic.consume-ok")
{
    public static Method Read(ref AmqpReader r) => new BasicConsumeOk(r.ShortString());

    protected override void WriteFields(AmqpWriter writer) => writer.ShortString(ConsumerTag);
}

internal sealed record BasicCancel(string ConsumerTag, bool NoWait) : Method(60, 30, "basic.cancel")
{
    public static Method Read(ref AmqpReader r) => new BasicCancel(r.ShortString(), r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.ShortString(ConsumerTag).Bits(NoWait);
}

internal sealed record BasicCancelOk(string ConsumerTag) : Method(60, 31, "basic.cancel-ok")
{
    public static Method Read(ref AmqpReader r) => new BasicCancelOk(r.ShortString());

    protected override void WriteFields(AmqpWriter writer) => writer.ShortString(ConsumerTag);
}

internal sealed record BasicPublish(string Exchange, string RoutingKey, bool Mandatory, bool Immediate)
    : Method(60, 40, "basic.publish")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var exchange = r.ShortString();
        var routingKey = r.ShortString();
        var bits = r.Octet();
        return new BasicPublish(exchange, routingKey, (bits & 1) != 0, (bits & 2) != 0);
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Exchange).ShortString(RoutingKey).Bits(Mandatory, Immediate);
}

internal sealed record BasicReturn(ushort ReplyCode, string ReplyText, string Exchange, string RoutingKey)
    : Method(60, 50, "basic.return")
{
    public static Method Read(ref AmqpReader r) =>
        new BasicReturn(r.UInt16(), r.ShortString(), r.ShortString(), r.ShortString());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(ReplyCode).ShortText(ReplyText).ShortString(Exchange).ShortString(RoutingKey);
}

internal sealed record BasicDeliver(string ConsumerTag, ulong DeliveryTag, bool Redelivered, string Exchange,
    string RoutingKey)
    : Method(60, 60, "basic.deliver")
{
    public static Method Read(ref AmqpReader r) =>
        new BasicDeliver(r.ShortString(), r.UInt64(), r.Bit(), r.ShortString(), r.ShortString());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.ShortString(ConsumerTag).UInt64(DeliveryTag).Bits(Redelivered).ShortString(Exchange)
            .ShortString(RoutingKey);
}

internal sealed record BasicGet(string Queue, bool NoAck) : Method(60, 70, "basic.get")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new BasicGet(r.ShortString(), r.Bit());
    }

    protected override void WriteFields(AmqpWriter writer) => writer.UInt16(0).ShortString(Queue).Bits(NoAck);
}

internal sealed record BasicGetOk(ulong DeliveryTag, bool Redelivered, string Exchange, string RoutingKey,
    uint MessageCount)
    : Method(60, 71, "basic.get-ok")
{
    public static Method Read(ref AmqpReader r) =>
        new BasicGetOk(r.UInt64(), r.Bit(), r.ShortString(), r.ShortString(), r.UInt32());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt64(DeliveryTag).Bits(Redelivered).ShortString(Exchange).ShortString(RoutingKey)
            .UInt32(MessageCount);
}

internal sealed record BasicGetEmpty() : Method(60, 72, "basic.get-empty")
{
    public static Method Read(ref AmqpReader r)
    {
        _ = r.ShortString();
        return new BasicGetEmpty();
    }

    protected override void WriteFields(AmqpWriter writer) => writer.Octet(0);
}

internal sealed record BasicAck(ulong DeliveryTag, bool Multiple) : Method(60, 80, "basic.ack")
{
    public static Method Read(ref AmqpReader r) => new BasicAck(r.UInt64(), r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.UInt64(DeliveryTag).Bits(Multiple);
}

internal sealed record BasicReject(ulong DeliveryTag, bool Requeue) : Method(60, 90, "basic.reject")
{
    public static Method Read(ref AmqpReader r) => new BasicReject(r.UInt64(), r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.UInt64(DeliveryTag).Bits(Requeue);
}

internal sealed record BasicRecoverAsync(bool Requeue) : Method(60, 100, "basic.recover-async")
{
    public static Method Read(ref AmqpReader r) => new BasicRecoverAsync(r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.Bits(Requeue);
}

internal sealed record BasicRecover(bool Requeue) : Method(60, 110, "basic.recover")
{
    public static Method Read(ref AmqpReader r) => new BasicRecover(r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.Bits(Requeue);
}

internal sealed record BasicRecoverOk() : Method(60, 111, "basic.recover-ok")
{
    public static Method Read(ref AmqpReader r) => new BasicRecoverOk();
}

internal sealed record BasicNack(ulong DeliveryTag, bool Multiple, bool Requeue) : Method(60, 120, "basic.nack")
{
    public static Method Read(ref AmqpReader r)
    {
        var deliveryTag = r.UInt64();
        var bits = r.Octet();
        return new BasicNack(deliveryTag, (bits & 1) != 0, (bits & 2) != 0);
    }

    protected override void WriteFields(AmqpWriter writer) => writer.UInt64(DeliveryTag).Bits(Multiple, Requeue);
}
