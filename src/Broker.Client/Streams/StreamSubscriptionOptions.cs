namespace Broker.Client;

/// <summary>How a subscriber handles a stream.</summary>
public sealed record StreamSubscriptionOptions
{
    /// <summary>
    /// Where to begin; <see cref="StreamOffset.Stored"/> by default. From anywhere else it begins there, whatever is stored, and
    /// what is stored from then on is the position of this subscription.
    /// </summary>
    public StreamOffset From { get; set; } = StreamOffset.Stored;

    /// <summary>
    /// Where the position is kept; null, the default, means in the broker (<see cref="BrokerOffsetStore"/>).
    /// </summary>
    public IOffsetStore? Store { get; set; }

    /// <summary>The position is stored after so many events at the latest; 1,000 by default.</summary>
    public int StoreEvery { get; set; } = 1_000;

    /// <summary>It is stored so long after an event was handled at the latest; 5 seconds by default.</summary>
    public TimeSpan StoreInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Which events are wanted; null, the default, means all.</summary>
    public StreamFilter? StreamFilter { get; set; }

    /// <summary>As <see cref="ConsumerOptions.Filters"/>: what stands around every call of the handler.</summary>
    public IList<IConsumeFilter> Filters { get; set; } = [];

    /// <summary>
    /// How many events the broker may have under way to this subscriber, unacknowledged; 256 by default. It bounds the memory
    /// too.
    /// </summary>
    public ushort Prefetch { get; set; } = 256;

    /// <summary>
    /// How many handlers run at a time; 1 by default, which handles the events strictly in the order of the stream.
    /// </summary>
    public int Concurrency { get; set; } = 1;

    /// <summary>As <see cref="ConsumerOptions.OrderingKey"/>: order by key, in <see cref="Concurrency"/> lanes.</summary>
    public Func<Delivery, string?>? OrderingKey { get; set; }

    /// <summary>
    /// What becomes of an event whose handler threw: by default it is tried five times where it is, and then parked in
    /// <c>&lt;stream&gt;.&lt;subscriber&gt;.failed</c>, and those behind it go on. <see cref="FailurePolicy.Stop"/> and
    /// <see cref="FailurePolicy.Discard"/> are the others; nothing goes back to a stream.
    /// </summary>
    public FailurePolicy FailurePolicy { get; set; } = FailurePolicy.Default;

    /// <summary>As <see cref="ConsumerOptions.HandlerTimeout"/>; 15 minutes by default.</summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>As <see cref="ConsumerOptions.DrainTimeout"/>; 30 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks the options, as a subscription does that is started with them.</summary>
    /// <exception cref="ArgumentException">A value cannot work; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(From);
        ArgumentNullException.ThrowIfNull(FailurePolicy);
        Check.Range(StoreEvery, 1, int.MaxValue, "StreamSubscriptionOptions.StoreEvery");
        Check.Positive(StoreInterval, "StreamSubscriptionOptions.StoreInterval");
        ToConsumer(From.Otherwise ?? From, "x").Validate();
    }

    internal StreamSubscriptionOptions Freeze()
    {
        Validate();
        return this with { Filters = [.. Filters] };
    }

    /// <summary>The consumer beneath.</summary>
    internal ConsumerOptions ToConsumer(StreamOffset from, string parkingQueue) => new()
    {
        StreamOffset = from,
        Prefetch = Prefetch,
        Concurrency = Concurrency,
        OrderingKey = OrderingKey,
        FailurePolicy = FailurePolicy.Then == FailureAction.Park && FailurePolicy.ParkingQueue is null
            ? FailurePolicy.ThenPark(parkingQueue)
            : FailurePolicy,
        HandlerTimeout = HandlerTimeout,
        DrainTimeout = DrainTimeout,
        Filters = Filters,
    };
}
