using System.Buffers.Binary;
using System.Collections.Frozen;

namespace Broker.Client.Testing;

/// <summary>Every method that can be read, by class and method id.</summary>
internal static class MethodTable
{
    public delegate Method FieldReader(ref AmqpReader reader);

    public sealed record Entry(string Name, FieldReader Read);

    private static readonly FrozenDictionary<uint, Entry> s_byId = new Dictionary<uint, Entry>
    {
        [Id(10, 10)] = new("connection.start", ConnectionStart.Read),
        [Id(10, 11)] = new("connection.start-ok", ConnectionStartOk.Read),
        [Id(10, 20)] = new("connection.secure", ConnectionSecure.Read),
        [Id(10, 21)] = new("connection.secure-ok", ConnectionSecureOk.Read),
        [Id(10, 30)] = new("connection.tune", ConnectionTune.Read),
        [Id(10, 31)] = new("connection.tune-ok", ConnectionTuneOk.Read),
        [Id(10, 40)] = new("connection.open", ConnectionOpen.Read),
        [Id(10, 41)] = new("connection.open-ok", ConnectionOpenOk.Read),
        [Id(10, 50)] = new("connection.close", ConnectionClose.Read),
        [Id(10, 51)] = new("connection.close-ok", ConnectionCloseOk.Read),
        [Id(10, 60)] = new("connection.blocked", ConnectionBlocked.Read),
        [Id(10, 61)] = new("connection.unblocked", ConnectionUnblocked.Read),
        [Id(10, 70)] = new("connection.update-secret", ConnectionUpdateSecret.Read),
        [Id(10, 71)] = new("connection.update-secret-ok", ConnectionUpdateSecretOk.Read),
        [Id(20, 10)] = new("channel.open", ChannelOpen.Read),
        [Id(20, 11)] = new("channel.open-ok", ChannelOpenOk.Read),
        [Id(20, 20)] = new("channel.flow", ChannelFlow.Read),
        [Id(20, 21)] = new("channel.flow-ok", ChannelFlowOk.Read),
        [Id(20, 40)] = new("channel.close", ChannelClose.Read),
        [Id(20, 41)] = new("channel.close-ok", ChannelCloseOk.Read),
        [Id(30, 10)] = new("access.request", AccessRequest.Read),
        [Id(30, 11)] = new("access.request-ok", AccessRequestOk.Read),
        [Id(40, 10)] = new("exchange.declare", ExchangeDeclare.Read),
        [Id(40, 11)] = new("exchange.declare-ok", ExchangeDeclareOk.Read),
        [Id(40, 20)] = new("exchange.delete", ExchangeDelete.Read),
        [Id(40, 21)] = new("exchange.delete-ok", ExchangeDeleteOk.Read),
        [Id(40, 30)] = new("exchange.bind", ExchangeBind.Read),
        [Id(40, 31)] = new("exchange.bind-ok", ExchangeBindOk.Read),
        [Id(40, 40)] = new("exchange.unbind", ExchangeUnbind.Read),
        [Id(40, 51)] = new("exchange.unbind-ok", ExchangeUnbindOk.Read),
        [Id(50, 10)] = new("queue.declare", QueueDeclare.Read),
        [Id(50, 11)] = new("queue.declare-ok", QueueDeclareOk.Read),
        [Id(50, 20)] = new("queue.bind", QueueBind.Read),
        [Id(50, 21)] = new("queue.bind-ok", QueueBindOk.Read),
        [Id(50, 30)] = new("queue.purge", QueuePurge.Read),
        [Id(50, 31)] = new("queue.purge-ok", QueuePurgeOk.Read),
        [Id(50, 40)] = new("queue.delete", QueueDelete.Read),
        [Id(50, 41)] = new("queue.delete-ok", QueueDeleteOk.Read),
        [Id(50, 50)] = new("queue.unbind", QueueUnbind.Read),
        [Id(50, 51)] = new("queue.unbind-ok", QueueUnbindOk.Read),
        [Id(60, 10)] = new("basic.qos", BasicQos.Read),
        [Id(60, 11)] = new("basic.qos-ok", BasicQosOk.Read),
        [Id(60, 20)] = new("basic.consume", BasicConsume.Read),
        [Id(60, 21)] = new("basic.consume-ok", BasicConsumeOk.Read),
        [Id(60, 30)] = new("basic.cancel", BasicCancel.Read),
        [Id(60, 31)] = new("basic.cancel-ok", BasicCancelOk.Read),
        [Id(60, 40)] = new("basic.publish", BasicPublish.Read),
        [Id(60, 50)] = new("basic.return", BasicReturn.Read),
        [Id(60, 60)] = new("basic.deliver", BasicDeliver.Read),
        [Id(60, 70)] = new("basic.get", BasicGet.Read),
        [Id(60, 71)] = new("basic.get-ok", BasicGetOk.Read),
        [Id(60, 72)] = new("basic.get-empty", BasicGetEmpty.Read),
        [Id(60, 80)] = new("basic.ack", BasicAck.Read),
        [Id(60, 90)] = new("basic.reject", BasicReject.Read),
        [Id(60, 100)] = new("basic.recover-async", BasicRecoverAsync.Read),
        [Id(60, 110)] = new("basic.recover", BasicRecover.Read),
        [Id(60, 111)] = new("basic.recover-ok", BasicRecoverOk.Read),
        [Id(60, 120)] = new("basic.nack", BasicNack.Read),
        [Id(85, 10)] = new("confirm.select", ConfirmSelect.Read),
        [Id(85, 11)] = new("confirm.select-ok", ConfirmSelectOk.Read),
        [Id(90, 10)] = new("tx.select", TxSelect.Read),
        [Id(90, 11)] = new("tx.select-ok", TxSelectOk.Read),
        [Id(90, 20)] = new("tx.commit", TxCommit.Read),
        [Id(90, 21)] = new("tx.commit-ok", TxCommitOk.Read),
        [Id(90, 30)] = new("tx.rollback", TxRollback.Read),
        [Id(90, 31)] = new("tx.rollback-ok", TxRollbackOk.Read),
    }.ToFrozenDictionary();

    public static IEnumerable<string> Names => s_byId.Values.Select(static entry => entry.Name);

    public static Entry? Find(uint id) => s_byId.GetValueOrDefault(id);

    /// <summary>The name of the method in a method frame's payload, without reading its fields.</summary>
    public static string? NameOf(ReadOnlySpan<byte> payload) =>
        payload.Length < 4 ? null : Find(BinaryPrimitives.ReadUInt32BigEndian(payload))?.Name;

    private static uint Id(ushort classId, ushort methodId) => (uint)classId << 16 | methodId;
}
