namespace Broker.Client.Testing;

internal sealed record QueueDeclare(string Queue, bool Passive, bool Durable, bool Exclusive, bool AutoDelete,
    bool NoWait, IReadOnlyDictionary<string, object?>? Arguments)
    : Method(50, 10, "queue.declare")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var queue = r.ShortString();
        var bits = r.Octet();
        return new QueueDeclare(queue, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
            (bits & 16) != 0, r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Queue).Bits(Passive, Durable, Exclusive, AutoDelete, NoWait).Table(Arguments);
}

internal sealed record QueueDeclareOk(string Queue, uint MessageCount, uint ConsumerCount)
    : Method(50, 11, "queue.declare-ok")
{
    public static Method Read(ref AmqpReader r) => new QueueDeclareOk(r.ShortString(), r.UInt32(), r.UInt32());

    protected override void WriteFields(AmqpWriter writer) =>
        writer.ShortString(Queue).UInt32(MessageCount).UInt32(ConsumerCount);
}

internal sealed record QueueBind(string Queue, string Exchange, string RoutingKey, bool NoWait,
    IReadOnlyDictionary<string, object?>? Arguments)
    : Method(50, 20, "queue.bind")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new QueueBind(r.ShortString(), r.ShortString(), r.ShortString(), r.Bit(), r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Queue).ShortString(Exchange).ShortString(RoutingKey).Bits(NoWait)
            .Table(Arguments);
}

internal sealed record QueueBindOk() : Method(50, 21, "queue.bind-ok")
{
    public static Method Read(ref AmqpReader r) => new QueueBindOk();
}

internal sealed record QueuePurge(string Queue, bool NoWait) : Method(50, 30, "queue.purge")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new QueuePurge(r.ShortString(), r.Bit());
    }

    protected override void WriteFields(AmqpWriter writer) => writer.UInt16(0).ShortString(Queue).Bits(NoWait);
}

internal sealed record QueuePurgeOk(uint MessageCount) : Method(50, 31, "queue.purge-ok")
{
    public static Method Read(ref AmqpReader r) => new QueuePurgeOk(r.UInt32());

    protected override void WriteFields(AmqpWriter writer) => writer.UInt32(MessageCount);
}

internal sealed record QueueDelete(string Queue, bool IfUnused, bool IfEmpty, bool NoWait)
    : Method(50, 40, "queue.delete")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var queue = r.ShortString();
        var bits = r.Octet();
        return new QueueDelete(queue, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0);
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Queue).Bits(IfUnused, IfEmpty, NoWait);
}

internal sealed record QueueDeleteOk(uint MessageCount) : Method(50, 41, "queue.delete-ok")
{
    public static Method Read(ref AmqpReader r) => new QueueDeleteOk(r.UInt32());

    protected override void WriteFields(AmqpWriter writer) => writer.UInt32(MessageCount);
}

internal sealed record QueueUnbind(string Queue, string Exchange, string RoutingKey,
    IReadOnlyDictionary<string, object?>? Arguments)
    : Method(50, 50, "queue.unbind")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new QueueUnbind(r.ShortString(), r.ShortString(), r.ShortString(), r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Queue).ShortString(Exchange).ShortString(RoutingKey).Table(Arguments);
}

internal sealed record QueueUnbindOk() : Method(50, 51, "queue.unbind-ok")
{
    public static Method Read(ref AmqpReader r) => new QueueUnbindOk();
}
