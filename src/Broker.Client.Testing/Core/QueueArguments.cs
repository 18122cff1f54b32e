namespace Broker.Client.Testing;

internal enum Overflow
{
    DropHead,
    RejectPublish,
    RejectPublishDeadLetter,
}

/// <summary>The arguments of queue.declare, checked and read as RabbitMQ does.</summary>
internal sealed record QueueArguments
{
    public bool IsQuorum { get; private init; }

    public long? MessageTtl { get; private init; }

    public long? Expires { get; private init; }

    public string? DeadLetterExchange { get; private init; }

    public string? DeadLetterRoutingKey { get; private init; }

    public long? MaxLength { get; private init; }

    public long? MaxLengthBytes { get; private init; }

    public Overflow Overflow { get; private init; }

    public long? DeliveryLimit { get; private init; }

    public static QueueArguments Read(QueueDeclaration queue, string vhost, RabbitProfile profile)
    {
        var check = new ArgumentCheck(queue.Name, vhost, queue.Arguments);
        var quorum = check.QueueType() == "quorum";
        if (quorum) RefuseQuorumProperties(queue, check);
        check.Kinds(quorum);
        check.Unsupported();

        var overflow = check.Text("x-overflow", orElse: null) switch
        {
            null or "drop-head" => Overflow.DropHead,
            "reject-publish" => Overflow.RejectPublish,
            // Quorum queues do not know it and fall back to drop-head, without an error.
            "reject-publish-dlx" => quorum ? Overflow.DropHead : Overflow.RejectPublishDeadLetter,
            _ => throw check.Invalid("x-overflow", "invalid_overflow"),
        };
        return new()
        {
            IsQuorum = quorum,
            MessageTtl = check.Number("x-message-ttl", isTime: true),
            Expires = check.Number("x-expires", isTime: true, allowZero: false),
            MaxLength = check.Number("x-max-length"),
            MaxLengthBytes = check.Number("x-max-length-bytes"),
            DeadLetterExchange = check.DeadLetterExchange(),
            DeadLetterRoutingKey = check.DeadLetterRoutingKey(),
            Overflow = overflow,
            DeliveryLimit = quorum ? Limit(queue, profile) : null,
        };
    }

    private static long? Limit(QueueDeclaration queue, RabbitProfile profile)
    {
        // A limit that is no integer is accepted and overlooked.
        if (ArgumentText.IntegerOf(queue.Arguments.GetValueOrDefault("x-delivery-limit")) is not { } limit)
            return profile.QuorumDeliveryLimit;

        return limit < 0 && profile.NegativeDeliveryLimitIsNone ? null : limit;
    }

    private static void RefuseQuorumProperties(QueueDeclaration queue, ArgumentCheck check)
    {
        if (queue.Name.Length == 0)
            throw BrokerError.Precondition("Cannot declare a server-named queue for type rabbit_quorum_queue");
        if (!queue.Durable) throw check.InvalidProperty("non-durable");
        if (queue.AutoDelete) throw check.InvalidProperty("auto-delete");
        if (queue.Exclusive) throw check.InvalidProperty("exclusive-owner");
    }
}
