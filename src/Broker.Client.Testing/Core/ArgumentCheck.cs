namespace Broker.Client.Testing;

/// <summary>The checks of single queue arguments, with the texts of a real broker.</summary>
internal readonly struct ArgumentCheck(string queue, string vhost, IReadOnlyDictionary<string, object?> arguments)
{
    private const long LongestTimer = uint.MaxValue;

    private static readonly string[] _quorumOnly =
    [
        "x-delivery-limit", "x-max-in-memory-length", "x-max-in-memory-bytes", "x-quorum-initial-group-size",
        "x-dead-letter-strategy",
    ];

    private static readonly string[] _streamOnly =
        ["x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size", "x-stream-filter-size-bytes"];

    private static readonly string[] _notForStreams =
    [
        "x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length",
        "x-overflow", "x-single-active-consumer",
    ];

    private static readonly string[] _retries =
        ["x-consumer-timeout", "x-delayed-retry-type", "x-delayed-retry-min", "x-delayed-retry-max"];

    private static readonly string[] _classicOnly = ["x-max-priority", "x-queue-mode", "x-queue-version"];

    public QueueType QueueType()
    {
        var type = Text("x-queue-type", orElse: "classic")!;
        return type switch
        {
            "classic" => Testing.QueueType.Classic,
            "quorum" => Testing.QueueType.Quorum,
            "stream" => Testing.QueueType.Stream,
            _ => throw Invalid("x-queue-type", $"\"unsupported queue type '{type}'\""),
        };
    }

    /// <summary>The type as errors name it.</summary>
    public static string Module(QueueType type) => $"rabbit_{type}_queue".ToLowerInvariant();

    public void Kinds(QueueType type, RabbitProfile profile)
    {
        string[] refused = type switch
        {
            Testing.QueueType.Classic => [.. _quorumOnly, .. _streamOnly],
            Testing.QueueType.Quorum => [.. _classicOnly, .. _streamOnly],
            _ => [.. _quorumOnly, .. _classicOnly, .. _notForStreams],
        };
        if (profile.DelaysRetries && type != Testing.QueueType.Quorum) refused = [.. refused, .. _retries];
        foreach (var name in refused)
        {
            if (arguments.ContainsKey(name))
                throw BrokerError.Precondition($"invalid arg '{name}' for {What()} of queue type {Module(type)}");
        }
    }

    public TimeSpan? MaxAge(RabbitProfile profile)
    {
        if (Text("x-max-age", orElse: null) is not { } text) return null;
        return StreamAge.Of(text) ?? throw (profile.BadStreamArgumentIsInternal
            ? BrokerError.Internal()
            : Invalid("x-max-age", "invalid_max_age"));
    }

    public bool Flag(string name)
    {
        if (!arguments.TryGetValue(name, out var value)) return false;
        return value as bool? ?? throw Unacceptable(name, value);
    }

    public int? MaxPriority()
    {
        if (Number("x-max-priority") is not { } most) return null;
        if (most > byte.MaxValue) throw Invalid("x-max-priority", "{max_value_exceeded," + most + "}");
        return (int)most;
    }

    public long? Number(string name, bool isTime = false, bool allowZero = true)
    {
        if (!arguments.TryGetValue(name, out var value)) return null;
        if (ArgumentText.IntegerOf(value) is not { } number)
            throw Invalid(name, $"\"expected integer, got {ArgumentText.TypeOf(value)}\"");
        if (number < 0) throw Invalid(name, "{value_negative," + number + "}");
        if (number == 0 && !allowZero) throw Invalid(name, "{value_zero,0}");
        if (isTime && number > LongestTimer) throw Invalid(name, "{value_too_large," + number + "}");
        return number;
    }

    /// <summary>4.0 takes anything and overlooks what is no number; 4.3 checks it, for quorum queues alone.</summary>
    public TimeSpan? ConsumerTimeout(QueueType type, RabbitProfile profile)
    {
        if (!profile.QueuesHaveConsumerTimeout) return null;
        var milliseconds = profile.DelaysRetries && type == Testing.QueueType.Quorum
            ? Number("x-consumer-timeout")
            : ArgumentText.IntegerOf(arguments.GetValueOrDefault("x-consumer-timeout"));
        return milliseconds is >= 0 and < LongestTimer ? TimeSpan.FromMilliseconds(milliseconds.Value) : null;
    }

    public string? Text(string name, string? orElse)
    {
        if (!arguments.TryGetValue(name, out var value)) return orElse;
        return value as string ?? throw Unacceptable(name, value);
    }

    public string? DeadLetterExchange()
    {
        if (!arguments.TryGetValue("x-dead-letter-exchange", out var value)) return null;
        return value as string ?? throw BrokerError.Precondition(
            $"invalid type '{ArgumentText.TypeOf(value)}' for arg 'x-dead-letter-exchange' in {What()}");
    }

    public bool IsAtLeastOnce() => Text("x-dead-letter-strategy", orElse: null) switch
    {
        null or "at-most-once" => false,
        "at-least-once" => true,
        _ => throw Invalid("x-dead-letter-strategy", "invalid_dlx_strategy"),
    };

    public string? DeadLetterRoutingKey()
    {
        var key = Text("x-dead-letter-routing-key", orElse: null);
        if (key is not null && !arguments.ContainsKey("x-dead-letter-exchange"))
            throw Invalid("x-dead-letter-routing-key", "routing_key_but_no_dlx_defined");
        return key;
    }

    public BrokerError Invalid(string name, string reason) =>
        BrokerError.Precondition($"invalid arg '{name}' for {What()}: {reason}");

    public BrokerError InvalidProperty(string name) =>
        BrokerError.Precondition($"invalid property '{name}' for {What()}");

    private BrokerError Unacceptable(string name, object? value) =>
        Invalid(name, "{unacceptable_type," + ArgumentText.TypeOf(value) + "}");

    private string What() => $"queue '{queue}' in vhost '{vhost}'";
}
