namespace Broker.Client.Testing;

internal sealed record ConfirmSelect(bool NoWait) : Method(85, 10, "confirm.select")
{
    public static Method Read(ref AmqpReader r) => new ConfirmSelect(r.Bit());

    protected override void WriteFields(AmqpWriter writer) => writer.Bits(NoWait);
}

internal sealed record ConfirmSelectOk() : Method(85, 11, "confirm.select-ok")
{
    public static Method Read(ref AmqpReader r) => new ConfirmSelectOk();
}
