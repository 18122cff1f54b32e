namespace Broker.Client.Testing;

internal sealed record ExchangeDeclare(string Exchange, string Type, bool Passive, bool Durable, bool AutoDelete,
    bool Internal, bool NoWait, IReadOnlyDictionary<string, object?>? Arguments)
    : Method(40, 10, "exchange.declare")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var exchange = r.ShortString();
        var type = r.ShortString();
        var bits = r.Octet();
        return new ExchangeDeclare(exchange, type, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
            (bits & 8) != 0, (bits & 16) != 0, r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Exchange).ShortString(Type)
            .Bits(Passive, Durable, AutoDelete, Internal, NoWait).Table(Arguments);
}

internal sealed record ExchangeDeclareOk() : Method(40, 11, "exchange.declare-ok")
{
    public static Method Read(ref AmqpReader r) => new ExchangeDeclareOk();
}

internal sealed record ExchangeDelete(string Exchange, bool IfUnused, bool NoWait) : Method(40, 20, "exchange.delete")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        var exchange = r.ShortString();
        var bits = r.Octet();
        return new ExchangeDelete(exchange, (bits & 1) != 0, (bits & 2) != 0);
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Exchange).Bits(IfUnused, NoWait);
}

internal sealed record ExchangeDeleteOk() : Method(40, 21, "exchange.delete-ok")
{
    public static Method Read(ref AmqpReader r) => new ExchangeDeleteOk();
}

internal sealed record ExchangeBind(string Destination, string Source, string RoutingKey, bool NoWait,
    IReadOnlyDictionary<string, object?>? Arguments)
    : Method(40, 30, "exchange.bind")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new ExchangeBind(r.ShortString(), r.ShortString(), r.ShortString(), r.Bit(), r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Destination).ShortString(Source).ShortString(RoutingKey).Bits(NoWait)
            .Table(Arguments);
}

internal sealed record ExchangeBindOk() : Method(40, 31, "exchange.bind-ok")
{
    public static Method Read(ref AmqpReader r) => new ExchangeBindOk();
}

internal sealed record ExchangeUnbind(string Destination, string Source, string RoutingKey, bool NoWait,
    IReadOnlyDictionary<string, object?>? Arguments)
    : Method(40, 40, "exchange.unbind")
{
    public static Method Read(ref AmqpReader r)
    {
        r.Ticket();
        return new ExchangeUnbind(r.ShortString(), r.ShortString(), r.ShortString(), r.Bit(), r.Table());
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.UInt16(0).ShortString(Destination).ShortString(Source).ShortString(RoutingKey).Bits(NoWait)
            .Table(Arguments);
}

internal sealed record ExchangeUnbindOk() : Method(40, 51, "exchange.unbind-ok")
{
    public static Method Read(ref AmqpReader r) => new ExchangeUnbindOk();
}
