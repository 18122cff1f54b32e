namespace Broker.Client.Testing;

/// <summary>The arguments that redeclaring a queue compares, in RabbitMQ's order; others are neither checked nor
/// compared.</summary>
internal static class ComparedArguments
{
    private static readonly string[] s_classic =
    [
        "x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length",
        "x-max-length-bytes", "x-max-priority", "x-overflow", "x-queue-mode", "x-queue-version",
        "x-single-active-consumer", "x-queue-type",
    ];

    private static readonly string[] s_quorum =
    [
        "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy", "x-expires", "x-max-length",
        "x-max-length-bytes", "x-max-in-memory-length", "x-max-in-memory-bytes", "x-overflow",
        "x-single-active-consumer", "x-queue-type", "x-quorum-initial-group-size", "x-delivery-limit", "x-message-ttl",
    ];

    private static readonly string[] s_stream =
    [
        "x-max-length-bytes", "x-queue-type", "x-max-age", "x-stream-max-segment-size-bytes",
        "x-stream-filter-size-bytes", "x-initial-cluster-size",
    ];

    private static readonly string[] s_retries =
        ["x-consumer-timeout", "x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max"];

    public static string[] Of(QueueType type, RabbitProfile profile) => type switch
    {
        QueueType.Quorum => profile.DelaysRetries ? [.. s_quorum, .. s_retries] : s_quorum,
        QueueType.Stream => s_stream,
        _ => s_classic,
    };
}
