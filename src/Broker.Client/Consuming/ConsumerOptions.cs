namespace Broker.Client;

/// <summary>How a queue is consumed.</summary>
public sealed record ConsumerOptions
{
    /// <summary>When a message is acknowledged; after its handler by default.</summary>
    public AckMode AckMode { get; set; }

    /// <summary>
    /// How many messages the broker may have under way to this consumer, unacknowledged; it bounds the memory too.
    /// Null, the default, means 64, or four for each of <see cref="Concurrency"/> where that is more.
    /// </summary>
    public ushort? Prefetch { get; set; }

    /// <summary>
    /// How many handlers run at a time; 1 by default, which handles the messages strictly in the order of the queue.
    /// </summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>
    /// Order by key: messages of one key are handled one after the other, in the order of the queue, and those of
    /// different keys in parallel, in <see cref="Concurrency"/> lanes. Null, the default, keeps no order where
    /// <see cref="Concurrency"/> is above 1. A message whose key is null goes to any lane. For instance
    /// <c>delivery => delivery.CorrelationId</c>.
    /// </summary>
    /// <remarks>
    /// Keys share lanes: a slow message holds up the other keys of its lane too. A key that throws counts as a handler
    /// that throws, without further attempts.
    /// </remarks>
    public Func<Delivery, string?>? OrderingKey { get; set; }

    /// <summary>
    /// How long a handler may run; 15 minutes by default, <see cref="Timeout.InfiniteTimeSpan"/> for as long as it likes.
    /// Its token is cancelled then, and what it throws follows <see cref="FailurePolicy"/>. One that does not return
    /// keeps its message unacknowledged and its lane, is logged, and counts in <see cref="ConsumerStatus.Stuck"/>.
    /// </summary>
    /// <remarks>
    /// Brokers take the messages of a consumer away after 30 minutes by default (<c>consumer_timeout</c>). One that comes
    /// again while its handler still runs waits, in this consumer, until that has returned.
    /// </remarks>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>What becomes of a message whose handler threw; <see cref="FailurePolicy.Default"/> by default.</summary>
    public FailurePolicy FailurePolicy { get; set; } = FailurePolicy.Default;

    /// <summary>
    /// The largest body that is handed out, in bytes; null, the default, means <see cref="BrokerOptions.MaxInboundMessageBytes"/>,
    /// above which it cannot go. A message beyond this or one of the limits below is read by no handler, filter or
    /// serializer: it is put aside as <see cref="FailurePolicy"/> has it, dead-lettered or else parked, and those behind it go on.
    /// </summary>
    /// <remarks>
    /// The bytes have come over the wire by then, and are held once more while they are parked: what the broker takes in at all is
    /// bounded by its own <c>max_message_size</c>. Bodies are never decompressed here.
    /// </remarks>
    public uint? MaxBodyBytes { get; set; }

    /// <summary>How many headers a message may have; 128 by default.</summary>
    public int MaxHeaders { get; set; } = 128;

    /// <summary>
    /// How deep tables and lists may be nested in headers; 8 by default, 16 at the most. 0 means text and numbers alone; the
    /// <c>x-death</c> of a dead-lettered message needs 3.
    /// </summary>
    public int MaxHeaderDepth { get; set; } = 8;

    /// <summary>
    /// How many bytes the headers may have, names and values together; 64 KiB by default, 88 KiB at the most. Parked are headers
    /// that fit a frame once more; what does not is parked without them.
    /// </summary>
    public int MaxHeaderBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// What stands around every call of the handler, the first outermost; empty by default, which costs a message nothing. See
    /// <see cref="IConsumeFilter"/>; where batches are handled, each must be an <see cref="IBatchFilter"/>.
    /// </summary>
    public IList<IConsumeFilter> Filters { get; set; } = [];

    /// <summary>Whether no one else may consume from the queue; false by default.</summary>
    public bool Exclusive { get; set; }

    /// <summary>Consumers with a higher number are served first; null, the default, means 0.</summary>
    public int? Priority { get; set; }

    /// <summary>
    /// The name that the broker lists the consumer under; null, the default, makes a unique one. Two consumers of a
    /// client cannot have the same.
    /// </summary>
    public string? ConsumerTag { get; set; }

    /// <summary>
    /// Of a stream: where to begin. Null, the default, leaves it to the broker: with what is published from now on.
    /// After a reconnect the consumer goes on with the first message that is not handled, and leaves out what is handled
    /// beyond it.
    /// </summary>
    public StreamOffset? StreamOffset { get; set; }

    /// <summary>How long a stop waits for running handlers before it cancels their token; 30 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Further arguments of the consumer, as the broker names them. They win over the properties.</summary>
    public IDictionary<string, object?> Arguments { get; set; } = new Dictionary<string, object?>();

    internal ushort EffectivePrefetch => Prefetch ?? (ushort)Math.Min(Math.Max(64, Concurrency * 4), ushort.MaxValue);

    /// <summary>Checks the options, as a consumer does that is started with them.</summary>
    /// <exception cref="ArgumentException">A value cannot work; the message names it.</exception>
    public void Validate()
    {
        Check.Defined(AckMode, "ConsumerOptions.AckMode");
        ArgumentNullException.ThrowIfNull(Arguments);
        MessageCheck.ValidateTable(Arguments, "ConsumerOptions.Arguments", 0);
        Check.Range((int)Prefetch.GetValueOrDefault(1), 1, ushort.MaxValue, "ConsumerOptions.Prefetch");
        Check.Range(Concurrency, 1, 16_000, "ConsumerOptions.Concurrency");
        Check.Positive(DrainTimeout, "ConsumerOptions.DrainTimeout");
        if (HandlerTimeout != Timeout.InfiniteTimeSpan)
            Check.Positive(HandlerTimeout, "ConsumerOptions.HandlerTimeout");
        if (ConsumerTag is not null)
            Check.NotEmpty(ConsumerTag, "ConsumerOptions.ConsumerTag");
        Check.Range(MaxBodyBytes ?? 1, 1u, BrokerOptions.MostMessageBytes, "ConsumerOptions.MaxBodyBytes");
        Check.Range(MaxHeaders, 0, 100_000, "ConsumerOptions.MaxHeaders");
        Check.Range(MaxHeaderDepth, 0, InboundLimits.MostHeaderDepth, "ConsumerOptions.MaxHeaderDepth");
        Check.Range(MaxHeaderBytes, 0, InboundLimits.MostHeaderBytes, "ConsumerOptions.MaxHeaderBytes");
        Check.NoneIsNull(Filters, "ConsumerOptions.Filters");
        ArgumentNullException.ThrowIfNull(FailurePolicy);
        FailurePolicy.Validate();
        if (Prefetch < Concurrency)
            throw new ArgumentException(
                $"ConsumerOptions.Prefetch ({Prefetch}) is below Concurrency ({Concurrency}): "
                + "some handlers would never get a message. Raise the one or lower the other.",
                "options");
        if (AckMode == AckMode.BeforeHandler && FailurePolicy != FailurePolicy.Default
            && FailurePolicy is not { Attempts: 1, Then: FailureAction.Discard or FailureAction.Stop })
            throw new ArgumentException(
                "ConsumerOptions.FailurePolicy can do nothing for a message that AckMode.BeforeHandler has acknowledged "
                + "before its handler began. Use AckMode.AfterHandler, or leave the policy out, or make it Discard or Stop.",
                "options");
        if (StreamOffset is { Otherwise: not null })
            throw new ArgumentException(
                "ConsumerOptions.StreamOffset cannot be Stored: a consumer has no name to store its position under. Use SubscribeAsync.",
                "options");
        if (OrderingKey is not null && Concurrency == 1)
            throw new ArgumentException(
                "ConsumerOptions.OrderingKey needs a Concurrency above 1: one lane keeps the order of all messages.", "options");
    }

    internal ConsumerOptions Freeze()
    {
        Validate();
        return this with { Arguments = new Dictionary<string, object?>(Arguments), Filters = [.. Filters] };
    }

    internal Dictionary<string, object?> ToArguments()
    {
        var arguments = new Dictionary<string, object?>();
        if (Priority is { } priority)
            arguments["x-priority"] = priority;
        if (StreamOffset is { } offset)
            arguments["x-stream-offset"] = offset.Value;
        foreach (var (name, value) in Arguments)
            arguments[name] = value;
        return arguments;
    }
}
