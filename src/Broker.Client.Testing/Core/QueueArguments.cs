namespace Broker.Client.Testing;

internal enum QueueType
{
    Classic,
    Quorum,
    Stream,
}

internal enum Overflow
{
    DropHead,
    RejectPublish,
    RejectPublishDeadLetter,
}

/// <summary>The arguments of queue.declare, checked and read as RabbitMQ does.</summary>
internal sealed record QueueArguments
{
    private const long DefaultSegmentBytes = 500_000_000;

    public QueueType Type { get; private init; }

    public bool IsQuorum => Type == QueueType.Quorum;

    public int? MaxPriority { get; private init; }

    public bool SingleActiveConsumer { get; private init; }

    public long? MessageTtl { get; private init; }

    public long? Expires { get; private init; }

    public string? DeadLetterExchange { get; private init; }

    public string? DeadLetterRoutingKey { get; private init; }

    public long? MaxLength { get; private init; }

    public long? MaxLengthBytes { get; private init; }

    public Overflow Overflow { get; private init; }

    /// <summary>What dies is kept until a queue has taken it; RabbitMQ does that only where the queue refuses what is too
    /// much.</summary>
    public bool DeadLettersAtLeastOnce { get; private init; }

    public long? DeliveryLimit { get; private init; }

    private long? OwnDeliveryLimit { get; init; }

    public DelayedRetry? DelayedRetry { get; private init; }

    /// <summary>How long a delivery may stay unsettled; null is what the broker says.</summary>
    public TimeSpan? ConsumerTimeout { get; private init; }

    /// <summary>How long a stream keeps a message at least.</summary>
    public TimeSpan? MaxAge { get; private init; }

    public long MaxSegmentBytes { get; private init; }

    public static QueueArguments Read(QueueDeclaration queue, string vhost, RabbitProfile profile)
    {
        var check = new ArgumentCheck(queue.Name, vhost, queue.Arguments);
        var type = check.QueueType();
        var quorum = type == QueueType.Quorum;

        var overflow = check.Text("x-overflow", orElse: null) switch
        {
            null or "drop-head" => Overflow.DropHead,
            "reject-publish" => Overflow.RejectPublish,
            // Quorum queues do not know it and fall back to drop-head, without an error.
            "reject-publish-dlx" => quorum ? Overflow.DropHead : Overflow.RejectPublishDeadLetter,
            _ => throw check.Invalid("x-overflow", "invalid_overflow"),
        };
        // A limit that is no integer is accepted and overlooked.
        var limit = quorum ? ArgumentText.IntegerOf(queue.Arguments.GetValueOrDefault("x-delivery-limit")) : null;
        var read = new QueueArguments
        {
            Type = type,
            MaxAge = check.MaxAge(profile),
            MaxSegmentBytes = check.Number("x-stream-max-segment-size-bytes") ?? DefaultSegmentBytes,
            MaxPriority = check.MaxPriority(),
            SingleActiveConsumer = check.Flag("x-single-active-consumer"),
            MessageTtl = check.Number("x-message-ttl", isTime: true),
            Expires = check.Number("x-expires", isTime: true, allowZero: false),
            MaxLength = check.Number("x-max-length"),
            MaxLengthBytes = check.Number("x-max-length-bytes"),
            DeadLetterExchange = check.DeadLetterExchange(),
            DeadLetterRoutingKey = check.DeadLetterRoutingKey(),
            Overflow = overflow,
            DeadLettersAtLeastOnce = check.IsAtLeastOnce() && quorum && overflow == Overflow.RejectPublish,
            OwnDeliveryLimit = limit,
            DeliveryLimit = quorum ? Limit(limit, profile) : null,
            ConsumerTimeout = check.ConsumerTimeout(type, profile),
            DelayedRetry = profile.DelaysRetries ? DelayedRetry.Of(queue.Arguments) : null,
        };
        check.Kinds(type, profile);
        if (type != QueueType.Classic) RefuseProperties(queue, type, check);
        return read;
    }

    /// <summary>With what a policy gives beside them.</summary>
    public QueueArguments With(TestPolicy? policy, RabbitProfile profile) => policy is null ? this : this with
    {
        MessageTtl = Smaller(MessageTtl, Milliseconds(policy.MessageTtl)),
        Expires = Smaller(Expires, Milliseconds(policy.Expires)),
        MaxLength = Smaller(MaxLength, policy.MaxLength),
        MaxLengthBytes = Smaller(MaxLengthBytes, policy.MaxLengthBytes),
        DeadLetterExchange = DeadLetterExchange ?? policy.DeadLetterExchange,
        DeadLetterRoutingKey = DeadLetterRoutingKey ?? policy.DeadLetterRoutingKey,
        DeliveryLimit = IsQuorum ? Limit(Combined(OwnDeliveryLimit, policy.DeliveryLimit, profile), profile) : null,
    };

    private static long? Limit(long? asked, RabbitProfile profile)
    {
        if (asked is not { } limit) return profile.QuorumDeliveryLimit;
        return limit < 0 && profile.NegativeDeliveryLimitIsNone ? null : limit;
    }

    // Where one of them says that there is no limit, the other's counts.
    private static long? Combined(long? own, long? given, RabbitProfile profile) =>
        own is { } a && given is { } b && profile.NegativeDeliveryLimitIsNone && (a < 0 || b < 0)
            ? Math.Max(a, b)
            : Smaller(own, given);

    private static long? Smaller(long? own, long? given) =>
        own is { } a && given is { } b ? Math.Min(a, b) : own ?? given;

    private static long? Milliseconds(TimeSpan? time) => (long?)time?.TotalMilliseconds;

    private static void RefuseProperties(QueueDeclaration queue, QueueType type, ArgumentCheck check)
    {
        if (queue.Name.Length == 0)
            throw BrokerError.Precondition($"Cannot declare a server-named queue for type {ArgumentCheck.Module(type)}");
        if (queue.AutoDelete) throw check.InvalidProperty("auto-delete");
        if (queue.Exclusive) throw check.InvalidProperty("exclusive-owner");
        if (!queue.Durable) throw check.InvalidProperty("non-durable");
    }
}
