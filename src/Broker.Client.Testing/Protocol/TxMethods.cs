namespace Broker.Client.Testing;

internal sealed record TxSelect() : Method(90, 10, "tx.select")
{
    public static Method Read(ref AmqpReader r) => new TxSelect();
}

internal sealed record TxSelectOk() : Method(90, 11, "tx.select-ok")
{
    public static Method Read(ref AmqpReader r) => new TxSelectOk();
}

internal sealed record TxCommit() : Method(90, 20, "tx.commit")
{
    public static Method Read(ref AmqpReader r) => new TxCommit();
}

internal sealed record TxCommitOk() : Method(90, 21, "tx.commit-ok")
{
    public static Method Read(ref AmqpReader r) => new TxCommitOk();
}

internal sealed record TxRollback() : Method(90, 30, "tx.rollback")
{
    public static Method Read(ref AmqpReader r) => new TxRollback();
}

internal sealed record TxRollbackOk() : Method(90, 31, "tx.rollback-ok")
{
    public static Method Read(ref AmqpReader r) => new TxRollbackOk();
}
