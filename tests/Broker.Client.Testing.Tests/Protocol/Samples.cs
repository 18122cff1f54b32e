namespace Broker.Client.Testing.Tests.Protocol;

/// <summary>One of every method, with values that a swapped or skipped field would show.</summary>
internal static class Samples
{
    public static readonly IReadOnlyDictionary<string, object?> Table = new Dictionary<string, object?>
    {
        ["bool"] = true,
        ["sbyte"] = (sbyte)-5,
        ["byte"] = (byte)250,
        ["short"] = (short)-300,
        ["ushort"] = (ushort)65_000,
        ["int"] = -70_000,
        ["uint"] = 4_000_000_000u,
        ["long"] = -5_000_000_000L,
        ["ulong"] = ulong.MaxValue,
        ["float"] = 1.5f,
        ["double"] = -2.25d,
        ["decimal"] = -12.345m,
        ["string"] = "grüße",
        ["bytes"] = new byte[] { 0, 255, 1 },
        ["time"] = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        ["far"] = new AmqpTimestamp(1_700_000_000_000),
        ["void"] = null,
        ["list"] = new List<object?> { 1, "two", null, new List<object?> { 3L } },
        ["table"] = new Dictionary<string, object?> { ["inner"] = new Dictionary<string, object?> { ["x"] = 1 } },
    };

    public static readonly IReadOnlyList<Method> Methods =
    [
        new ConnectionStart(0, 9, Table, "PLAIN AMQPLAIN", "en_US"),
        new ConnectionStartOk(Table, "PLAIN", [0, 1, 2], "en_US"),
        new ConnectionSecure([1, 2]), new ConnectionSecureOk([3]),
        new ConnectionTune(2047, 131_072, 60), new ConnectionTuneOk(2046, 131_071, 59),
        new ConnectionOpen("/"), new ConnectionOpenOk(),
        new ConnectionClose(320, "forced", 60, 40), new ConnectionCloseOk(),
        new ConnectionBlocked("memory"), new ConnectionUnblocked(),
        new ConnectionUpdateSecret([9, 8], "expired"), new ConnectionUpdateSecretOk(),
        new ChannelOpen(), new ChannelOpenOk(), new ChannelFlow(true), new ChannelFlowOk(false),
        new ChannelClose(404, "no queue", 50, 20), new ChannelCloseOk(),
        new AccessRequest("/data", true, false, true, false, true), new AccessRequestOk(1),
        new ExchangeDeclare("e", "topic", false, true, false, true, false, Table), new ExchangeDeclareOk(),
        new ExchangeDelete("e", true, false), new ExchangeDeleteOk(),
        new ExchangeBind("d", "s", "k", true, Table), new ExchangeBindOk(),
        new ExchangeUnbind("d", "s", "k", true, Table), new ExchangeUnbindOk(),
        new QueueDeclare("q", true, false, true, false, true, Table), new QueueDeclareOk("q", 7, 3),
        new QueueBind("q", "e", "k", true, Table), new QueueBindOk(),
        new QueuePurge("q", true), new QueuePurgeOk(5),
        new QueueDelete("q", false, true, true), new QueueDeleteOk(6),
        new QueueUnbind("q", "e", "k", Table), new QueueUnbindOk(),
        new BasicQos(1, 2, true), new BasicQosOk(),
        new BasicConsume("q", "t", true, false, true, false, Table), new BasicConsumeOk("t"),
        new BasicCancel("t", true), new BasicCancelOk("t"),
        new BasicPublish("e", "k", true, false), new BasicReturn(312, "NO_ROUTE", "e", "k"),
        new BasicDeliver("t", 9, true, "e", "k"),
        new BasicGet("q", true), new BasicGetOk(8, true, "e", "k", 4), new BasicGetEmpty(),
        new BasicAck(ulong.MaxValue, true), new BasicReject(3, true),
        new BasicRecoverAsync(true), new BasicRecover(true), new BasicRecoverOk(),
        new BasicNack(2, false, true),
        new ConfirmSelect(true), new ConfirmSelectOk(),
        new TxSelect(), new TxSelectOk(), new TxCommit(), new TxCommitOk(), new TxRollback(), new TxRollbackOk(),
    ];

    public static readonly MessageProperties EveryProperty = new()
    {
        ContentType = "text/plain", ContentEncoding = "gzip", Headers = Table, DeliveryMode = 2, Priority = 9,
        CorrelationId = "c", ReplyTo = "r", Expiration = "1000", MessageId = "m", Timestamp = 1_700_000_000,
        Type = "t", UserId = "guest", AppId = "a", ClusterId = "k",
    };

    public static byte[] Bytes(Method method)
    {
        var writer = new AmqpWriter();
        method.Write(writer);
        return writer.ToArray();
    }

    public static byte[] Bytes(ContentHeader header)
    {
        var writer = new AmqpWriter();
        header.Write(writer);
        return writer.ToArray();
    }
}
