namespace Broker.Client;

/// <summary>The kinds of queue that RabbitMQ has.</summary>
public enum QueueType
{
    /// <summary>One node's queue: for exclusive, temporary and priority queues.</summary>
    Classic,

    /// <summary>Replicated, durable, counts failed deliveries: the default for work that must not be lost.</summary>
    Quorum,

    /// <summary>An append-only log, kept for a time and readable any number of times.</summary>
    Stream,
}

/// <summary>What a full queue does with the next message.</summary>
public enum QueueOverflow
{
    /// <summary>Drops or dead-letters the oldest; the broker's default.</summary>
    DropHead,

    /// <summary>Refuses the new one: its publish ends as <see cref="PublishOutcome.Rejected"/>.</summary>
    RejectPublish,

    /// <summary>Refuses the new one and dead-letters it. Classic queues only.</summary>
    RejectPublishDeadLetter,
}

/// <summary>How a quorum queue hands messages to its dead-letter exchange.</summary>
public enum DeadLetterStrategy
{
    /// <summary>Without confirms: one may be lost on the way. The broker's default.</summary>
    AtMostOnce,

    /// <summary>With confirms. Needs <see cref="QueueOverflow.RejectPublish"/> and a dead-letter exchange.</summary>
    AtLeastOnce,
}

/// <summary>
/// How a queue is declared. The default is a durable quorum queue, and of arguments only <c>x-queue-type</c> is sent.
/// </summary>
public sealed record QueueOptions
{
    /// <summary>
    /// Null, the default, means <see cref="QueueType.Quorum"/>, or <see cref="QueueType.Classic"/> where the queue is exclusive,
    /// auto-deleted, unnamed, not durable or has priorities, which quorum queues do not offer.
    /// </summary>
    public QueueType? Type { get; set; }

    /// <summary>Whether the queue outlives a restart of the broker; true by default.</summary>
    public bool Durable { get; set; } = true;

    /// <summary>Whether only this client may use it, and it goes when the client does; false by default.</summary>
    public bool Exclusive { get; set; }

    /// <summary>Whether it goes when its last consumer has gone; false by default.</summary>
    public bool AutoDelete { get; set; }

    /// <summary>How long a message may wait in the queue, in whole milliseconds (<c>x-message-ttl</c>).</summary>
    public TimeSpan? MessageTtl { get; set; }

    /// <summary>
    /// How long the queue may be unused before the broker deletes it, in whole milliseconds (<c>x-expires</c>).
    /// </summary>
    public TimeSpan? Expires { get; set; }

    /// <summary>How many ready messages it holds at the most (<c>x-max-length</c>).</summary>
    public long? MaxLength { get; set; }

    /// <summary>How many bytes of ready bodies it holds at the most (<c>x-max-length-bytes</c>).</summary>
    public long? MaxLengthBytes { get; set; }

    /// <summary>What it does when full (<c>x-overflow</c>).</summary>
    public QueueOverflow? Overflow { get; set; }

    /// <summary>
    /// Where rejected, expired and dropped messages go (<c>x-dead-letter-exchange</c>); empty is the default exchange.
    /// </summary>
    public string? DeadLetterExchange { get; set; }

    /// <summary>The routing key they get (<c>x-dead-letter-routing-key</c>); null keeps their own.</summary>
    public string? DeadLetterRoutingKey { get; set; }

    /// <summary>How they get there (<c>x-dead-letter-strategy</c>). Quorum queues only.</summary>
    public DeadLetterStrategy? DeadLetterStrategy { get; set; }

    /// <summary>
    /// After how many failed deliveries a quorum queue gives a message up (<c>x-delivery-limit</c>). Needs a
    /// <see cref="DeadLetterExchange"/>, because without one the broker deletes the message.
    /// </summary>
    public int? DeliveryLimit { get; set; }

    /// <summary>
    /// Has the broker wait before it delivers a rejected message again (<c>x-delayed-retry-type</c> <c>failed</c>,
    /// <c>-min</c>, <c>-max</c>); null, the default, means at once. Quorum queues of RabbitMQ 4.3; older brokers take it
    /// and do nothing. It belongs to a new queue: to one that exists without it 4.3 answers 406.
    /// </summary>
    public DelayedRetry? DelayedRetry { get; set; }

    /// <summary>
    /// Whether one consumer at a time gets the messages, and the others stand by (<c>x-single-active-consumer</c>).
    /// </summary>
    public bool SingleActiveConsumer { get; set; }

    /// <summary>The highest priority, 1 to 255, of a classic queue with priorities (<c>x-max-priority</c>).</summary>
    public byte? MaxPriority { get; set; }

    /// <summary>
    /// Further arguments as the broker names them, for what has no property here. They win over the properties.
    /// </summary>
    public IDictionary<string, object?> Arguments { get; set; } = new Dictionary<string, object?>();

    /// <summary>The type that <see cref="Type"/> comes to for a queue of this name.</summary>
    internal QueueType EffectiveType => Type
        ?? (Exclusive || AutoDelete || !Durable || MaxPriority is not null ? QueueType.Classic : QueueType.Quorum);

    internal QueueOptions Snapshot() => this with { Arguments = new Dictionary<string, object?>(Arguments) };

    /// <summary>The argument table that goes over the wire.</summary>
    internal Dictionary<string, object?> ToArguments()
    {
        var arguments = new Dictionary<string, object?>();
        // A classic queue is what a broker makes of no type at all, so that queues of other clients match; but with a
        // virtual host whose default type is another one, only the argument says so.
        arguments["x-queue-type"] = EffectiveType switch
        {
            QueueType.Quorum => "quorum",
            QueueType.Stream => "stream",
            _ => "classic",
        };
        if (MessageTtl is { } ttl) arguments["x-message-ttl"] = (long)ttl.TotalMilliseconds;
        if (Expires is { } expires) arguments["x-expires"] = (long)expires.TotalMilliseconds;
        if (MaxLength is { } length) arguments["x-max-length"] = length;
        if (MaxLengthBytes is { } bytes) arguments["x-max-length-bytes"] = bytes;
        if (Overflow is { } overflow) arguments["x-overflow"] = overflow switch
        {
            QueueOverflow.RejectPublish => "reject-publish",
            QueueOverflow.RejectPublishDeadLetter => "reject-publish-dlx",
            _ => "drop-head",
        };
        if (DeadLetterExchange is { } exchange) arguments["x-dead-letter-exchange"] = exchange;
        if (DeadLetterRoutingKey is { } key) arguments["x-dead-letter-routing-key"] = key;
        if (DeadLetterStrategy is { } strategy) arguments["x-dead-letter-strategy"] =
            strategy == Client.DeadLetterStrategy.AtLeastOnce ? "at-least-once" : "at-most-once";
        if (DeliveryLimit is { } limit) arguments["x-delivery-limit"] = limit;
        if (DelayedRetry is { } retry)
        {
            arguments["x-delayed-retry-type"] = "failed";
            arguments["x-delayed-retry-min"] = (long)retry.Min.TotalMilliseconds;
            arguments["x-delayed-retry-max"] = (long)retry.Max.TotalMilliseconds;
        }

        if (SingleActiveConsumer) arguments["x-single-active-consumer"] = true;
        if (MaxPriority is { } priority) arguments["x-max-priority"] = (int)priority;
        foreach (var (name, value) in Arguments)
            arguments[name] = value;
        return arguments;
    }

    /// <summary>Refuses what the broker would refuse, or what would lose messages, in words that say what to write.</summary>
    internal void Validate(string queue)
    {
        Check.Defined(Type.GetValueOrDefault(), "QueueOptions.Type");
        Check.Defined(Overflow.GetValueOrDefault(), "QueueOptions.Overflow");
        Check.Defined(DeadLetterStrategy.GetValueOrDefault(), "QueueOptions.DeadLetterStrategy");
        Positive(MessageTtl, nameof(MessageTtl), zeroAllowed: true);
        Positive(Expires, nameof(Expires), zeroAllowed: false);
        Positive(DelayedRetry?.Min, "DelayedRetry.Min", zeroAllowed: false);
        Positive(DelayedRetry?.Max, "DelayedRetry.Max", zeroAllowed: false);
        Refuse(
            DelayedRetry is { } retry && retry.Max < retry.Min,
            $"DelayedRetry.Max ({DelayedRetry?.Max}) is below Min ({DelayedRetry?.Min}).");
        Check.OptionalShortString(DeadLetterExchange, nameof(DeadLetterExchange));
        Check.OptionalShortString(DeadLetterRoutingKey, nameof(DeadLetterRoutingKey));
        Refuse(MaxLength < 0, $"MaxLength is {MaxLength}; it must be 0 or more.");
        Refuse(MaxLengthBytes < 0, $"MaxLengthBytes is {MaxLengthBytes}; it must be 0 or more.");
        Refuse(
            DeliveryLimit < 1,
            $"DeliveryLimit is {DeliveryLimit}; it must be 1 or more. RabbitMQ has no 'never': "
            + "leave it out and let the consumer's FailurePolicy park what fails.");
        Refuse(MaxPriority == 0, "MaxPriority is 0; it must be from 1 to 255.");
        var deadLetters = DeadLetterExchange is not null || Arguments.ContainsKey("x-dead-letter-exchange");
        Refuse(
            DeliveryLimit is not null && !deadLetters,
            "DeliveryLimit without DeadLetterExchange makes the broker delete a message at the limit. "
            + "Set DeadLetterExchange too, or leave the limit out.");
        Refuse(DeadLetterRoutingKey is not null && !deadLetters, "DeadLetterRoutingKey needs a DeadLetterExchange.");
        Refuse(
            DeadLetterStrategy == Client.DeadLetterStrategy.AtLeastOnce
                && (!deadLetters || Overflow != QueueOverflow.RejectPublish),
            "DeadLetterStrategy.AtLeastOnce needs a DeadLetterExchange and Overflow = QueueOverflow.RejectPublish; "
            + "the broker falls back to at-most-once without them.");

        var type = EffectiveType;
        if (type == QueueType.Classic)
        {
            Refuse(DeliveryLimit is not null, "DeliveryLimit is for quorum queues; this one is classic.");
            Refuse(DeadLetterStrategy is not null, "DeadLetterStrategy is for quorum queues; this one is classic.");
            Refuse(
                DelayedRetry is not null,
                "DelayedRetry is for quorum queues; this one is classic. FailurePolicy.Retry().ThroughBroker() waits in queues beside it.");
            return;
        }

        Refuse(!Durable, $"A {type} queue is always durable; leave Durable true or set Type = QueueType.Classic.");
        Refuse(Exclusive, $"A {type} queue cannot be exclusive; leave Exclusive false or set Type = QueueType.Classic.");
        Refuse(AutoDelete, $"A {type} queue cannot be auto-deleted; leave AutoDelete false, use Expires, or set Type = QueueType.Classic.");
        Refuse(MaxPriority is not null, $"MaxPriority is for classic queues; this one is {type}.");
        Refuse(
            Overflow == QueueOverflow.RejectPublishDeadLetter,
            $"RejectPublishDeadLetter is for classic queues; this one is {type}.");
        if (type != QueueType.Stream)
            return;

        Refuse(
            MessageTtl is not null || Expires is not null,
            "A stream has no MessageTtl or Expires; its retention is set by x-max-age and MaxLengthBytes.");
        Refuse(MaxLength is not null, "A stream is bounded by MaxLengthBytes, not by MaxLength.");
        Refuse(DeadLetterExchange is not null, "A stream does not dead-letter: nothing is ever removed from it by a consumer.");
        Refuse(SingleActiveConsumer, "A stream has no SingleActiveConsumer over AMQP 0-9-1.");
        Refuse(DeliveryLimit is not null, "A stream has no DeliveryLimit.");
        Refuse(DelayedRetry is not null, "A stream has no DelayedRetry: nothing goes back to it.");
        Refuse(DeadLetterStrategy is not null, "A stream does not dead-letter: it has no DeadLetterStrategy.");
        Refuse(Overflow is not null, "A stream drops its oldest segments: it has no Overflow.");

        void Refuse(bool wrong, string why)
        {
            if (wrong)
                throw new ArgumentException($"Queue '{queue}' cannot be declared like this: {why}", nameof(queue));
        }

        void Positive(TimeSpan? value, string name, bool zeroAllowed)
        {
            // The broker counts in milliseconds and takes at most 2^32 - 1 of them.
            if (value is { } some)
                Refuse(
                    some < TimeSpan.Zero
                        || (!zeroAllowed && some < TimeSpan.FromMilliseconds(1))
                        || some.TotalMilliseconds > uint.MaxValue,
                    $"{name} is {some}; it must be at least 1 ms and at most 49 days.");
        }
    }
}
