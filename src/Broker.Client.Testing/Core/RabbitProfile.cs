namespace Broker.Client.Testing;

/// <summary>Where the generations of RabbitMQ differ, as data; each value was seen on a running broker.</summary>
internal sealed record RabbitProfile
{
    public static RabbitProfile V3_10 { get; } = new()
    {
        Version = "3.10.8",
        Mechanisms = "PLAIN AMQPLAIN",
        ReadsDeathsOfClients = true,
        UnknownExchangeTypeClosesConnection = true,
        QuorumDeliveryLimit = null,
        ShowsZeroDeliveryCountToGet = true,
        RequeuesToBackWithoutLimit = true,
        DeliveryLimitCreditsTwice = true,
        QuotesStreams = true,
        StreamsRefuseReturns = true,
        StreamsLoseCarbonCopies = true,
        StreamsTakeDeadLetters = false,
        StreamsFilter = false,
        DropsCarbonCopiesOnDeadLetterKey = true,
    };

    public static RabbitProfile V4_0 { get; } = new()
    {
        Version = "4.0.5",
        NamesRefusedAccess = true,
        QueuesHaveConsumerTimeout = true,
        ShowsLastDeath = true,
        NegativeDeliveryLimitIsNone = true,
        DefaultsQueueTypeToClassic = true,
        QuorumPriorities = QuorumPriorities.HighAndNormal,
        PriorityPreempts = true,
        ConsumersReturnFirst = true,
        StreamsMarkTransient = true,
        RequeuesToBackWithoutLimit = true,
        Carries = DeliveryCarry.FromQuorum,
    };

    public static RabbitProfile V4_3 { get; } = V4_0 with
    {
        Version = "4.3.6",
        RequeuesToBackWithoutLimit = false,
        NackCounts = false,
        ReturnElects = true,
        TimeoutCancelsConsumers = true,
        DelaysRetries = true,
        PurgesUnburied = true,
        CountsPropertyBytes = true,
        LookingWantsAccess = true,
        ShowsAcquiredCount = true,
        QuorumRefusesGlobalPrefetch = false,
        GlobalPrefetchIsPerConsumer = true,
        SmallestFrameMax = 8192,
        RepliesTakeTags = true,
        LateRepliesAreDropped = true,
        Carries = DeliveryCarry.Always,
        QuorumPriorities = QuorumPriorities.Strict,
        QuorumName = "<<\"quorum\">>",
        BadStreamArgumentIsInternal = false,
    };

    public required string Version { get; init; }

    /// <summary>Of SASL, in the order in which they are offered; without TLS there is no EXTERNAL among them.</summary>
    public string Mechanisms { get; init; } = "AMQPLAIN PLAIN";

    /// <summary>What the protocol asks of every peer; 4.3 asks for more.</summary>
    public int SmallestFrameMax { get; init; } = Frame.SmallestMax;

    /// <summary>Whether a refusal says if it is to configure, to write or to read.</summary>
    public bool NamesRefusedAccess { get; init; }

    /// <summary>Whether a passive declare wants any permission at all for what it looks for.</summary>
    public bool LookingWantsAccess { get; init; }

    /// <summary>503 for the connection on 3.10, 406 for the channel on 4.x.</summary>
    public bool UnknownExchangeTypeClosesConnection { get; init; }

    /// <summary>The delivery limit of a quorum queue that names none.</summary>
    public int? QuorumDeliveryLimit { get; init; } = 20;

    /// <summary>On 3.10 a negative limit drops at the first return.</summary>
    public bool NegativeDeliveryLimitIsNone { get; init; }

    /// <summary>Whether nack with requeue counts towards the limit; reject and losing the channel always do.</summary>
    public bool NackCounts { get; init; } = true;

    /// <summary>3.10 sends x-delivery-count at the first delivery too, as 0, to basic.get; not to a consumer.</summary>
    public bool ShowsZeroDeliveryCountToGet { get; init; }

    public bool ShowsAcquiredCount { get; init; }

    /// <summary>Before 4.3 a returned message goes to the end of a quorum queue that has no limit.</summary>
    public bool RequeuesToBackWithoutLimit { get; init; }

    public bool QuorumRefusesGlobalPrefetch { get; init; } = true;

    /// <summary>4.3 no longer knows a limit for a channel: each consumer gets it.</summary>
    public bool GlobalPrefetchIsPerConsumer { get; init; }

    /// <summary>Before 4.3 a direct reply has the delivery tag that the channel's next delivery has too.</summary>
    public bool RepliesTakeTags { get; init; }

    /// <summary>On 4.3 a direct reply to a requester that is gone is not returned.</summary>
    public bool LateRepliesAreDropped { get; init; }

    /// <summary>3.10 goes on with the x-death that a client publishes; 4.x begins anew.</summary>
    public bool ReadsDeathsOfClients { get; init; }

    public bool ShowsLastDeath { get; init; }

    /// <summary>3.10 removes the CC header when the queue names a dead-letter routing key.</summary>
    public bool DropsCarbonCopiesOnDeadLetterKey { get; init; }

    /// <summary>Whose count of deliveries goes with a dead-lettered message.</summary>
    public DeliveryCarry Carries { get; init; }

    /// <summary>The type as an error names it.</summary>
    public string QuorumName { get; init; } = "quorum";

    /// <summary>3.10 puts the name of a stream between quotes where it refuses a reader.</summary>
    public bool QuotesStreams { get; init; }

    /// <summary>4.x tells a message of a stream as transient where its publisher said nothing.</summary>
    public bool StreamsMarkTransient { get; init; }

    /// <summary>Before 4.3 a wrong x-max-age or x-stream-offset is an internal error, for the connection; 4.3 names
    /// it.</summary>
    public bool BadStreamArgumentIsInternal { get; init; } = true;

    /// <summary>3.10 refuses basic.nack, basic.reject and basic.recover of what came from a stream.</summary>
    public bool StreamsRefuseReturns { get; init; }

    /// <summary>3.10 takes the CC header out of what it stores in a stream.</summary>
    public bool StreamsLoseCarbonCopies { get; init; }

    /// <summary>What is dead-lettered to a stream is lost on 3.10.</summary>
    public bool StreamsTakeDeadLetters { get; init; } = true;

    /// <summary>3.10 knows no filters, and lets everything through.</summary>
    public bool StreamsFilter { get; init; } = true;

    /// <summary>When a channel ends, 4.x returns to a quorum queue what consumers held before what was got.</summary>
    public bool ConsumersReturnFirst { get; init; }

    /// <summary>3.10 gives a consumer credit twice for a message that came back once too often.</summary>
    public bool DeliveryLimitCreditsTwice { get; init; }

    /// <summary>Whether x-max-length-bytes of a quorum queue counts the properties too, as they are sent.</summary>
    public bool CountsPropertyBytes { get; init; }

    /// <summary>Whether a purge takes what waits to be dead-lettered too.</summary>
    public bool PurgesUnburied { get; init; }

    public QuorumPriorities QuorumPriorities { get; init; }

    /// <summary>On 4.x a consumer of higher priority takes over as the single active one of a quorum queue.</summary>
    public bool PriorityPreempts { get; init; }

    /// <summary>Whether it may also take over when a message came back; 4.0 looks only when one was settled.</summary>
    public bool ReturnElects { get; init; }

    /// <summary>What a quorum queue counts for a message that comes back to it. 4.0 tells all of them, and takes only
    /// those of lost channels along where the message is dead-lettered.</summary>
    public void CountReturn(MessageRecord record, ReturnCause cause)
    {
        var failed = cause == ReturnCause.Lost || (cause == ReturnCause.Reject && !NackCounts);
        record.AcquiredCount++;
        if (failed) record.Failures++;
        if (failed || NackCounts) record.DeliveryCount++;
    }

    /// <summary>What it counts for one that goes without requeue: a failure, but for a nack on 4.3.</summary>
    public void CountDiscard(MessageRecord record, ReturnCause cause)
    {
        if (NackCounts || cause == ReturnCause.Reject) record.Failures++;
    }

    /// <summary>What was held for too long: 4.3 takes it back and cancels the consumer, for quorum queues alone; before,
    /// the channel is closed, whatever the queue.</summary>
    public bool TimeoutCancelsConsumers { get; init; }

    /// <summary>4.3 can keep back what is to be tried again (x-delayed-retry-*), in a quorum queue alone; before, all that
    /// is overlooked.</summary>
    public bool DelaysRetries { get; init; }

    /// <summary>Whether a queue may have a limit of its own (x-consumer-timeout); 3.10 overlooks it.</summary>
    public bool QueuesHaveConsumerTimeout { get; init; }

    /// <summary>4.x compares a missing x-queue-type as classic; 3.10 compares the raw argument.</summary>
    public bool DefaultsQueueTypeToClassic { get; init; }
}

/// <summary>Whose count of deliveries goes with a dead-lettered message; a message without requeue counts too.</summary>
internal enum DeliveryCarry
{
    /// <summary>3.10.</summary>
    Never,

    /// <summary>4.0: a quorum queue's.</summary>
    FromQuorum,

    /// <summary>4.3: a classic queue's too, which does not show it itself.</summary>
    Always,
}
