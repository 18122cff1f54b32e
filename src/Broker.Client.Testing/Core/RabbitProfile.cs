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
        DropsCarbonCopiesOnDeadLetterKey = true,
    };

    public static RabbitProfile V4_0 { get; } = new()
    {
        Version = "4.0.5",
        ShowsLastDeath = true,
        NegativeDeliveryLimitIsNone = true,
        DefaultsQueueTypeToClassic = true,
    };

    public static RabbitProfile V4_3 { get; } = V4_0 with
    {
        Version = "4.3.6",
        NackCounts = false,
        ShowsAcquiredCount = true,
        QuorumRefusesGlobalPrefetch = false,
        GlobalPrefetchIsPerConsumer = true,
        SmallestFrameMax = 8192,
        RepliesTakeTags = true,
        LateRepliesAreDropped = true,
        RejectionIsCarriedOver = true,
    };

    public required string Version { get; init; }

    /// <summary>Of SASL, in the order in which they are offered; without TLS there is no EXTERNAL among them.</summary>
    public string Mechanisms { get; init; } = "AMQPLAIN PLAIN";

    /// <summary>What the protocol asks of every peer; 4.3 asks for more.</summary>
    public int SmallestFrameMax { get; init; } = Frame.SmallestMax;

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

    /// <summary>3.10 puts a returned message at the end of a quorum queue that has no limit.</summary>
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

    /// <summary>4.3 counts a reject without requeue too, and the count goes with the dead-lettered message.</summary>
    public bool RejectionIsCarriedOver { get; init; }

    /// <summary>4.x compares a missing x-queue-type as classic; 3.10 compares the raw argument.</summary>
    public bool DefaultsQueueTypeToClassic { get; init; }
}
