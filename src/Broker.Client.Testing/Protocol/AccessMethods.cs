namespace Broker.Client.Testing;

internal sealed record AccessRequest(string Realm, bool Exclusive, bool Passive, bool Active, bool WriteAccess,
    bool ReadAccess)
    : Method(30, 10, "access.request")
{
    public static Method Read(ref AmqpReader r)
    {
        var realm = r.ShortString();
        var bits = r.Octet();
        return new AccessRequest(realm, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
            (bits & 16) != 0);
    }

    protected override void WriteFields(AmqpWriter writer) =>
        writer.ShortString(Realm).Bits(Exclusive, Passive, Active, WriteAccess, ReadAccess);
}

internal sealed record AccessRequestOk(ushort Ticket) : Method(30, 11, "access.request-ok")
{
    public static Method Read(ref AmqpReader r) => new AccessRequestOk(r.UInt16());

    protected override void WriteFields(AmqpWriter writer) => writer.UInt16(Ticket);
}
