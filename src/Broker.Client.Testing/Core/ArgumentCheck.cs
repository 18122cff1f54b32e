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

    private static readonly string[] _classicOnly = ["x-max-priority", "x-queue-mode", "x-queue-version"];

    public string QueueType()
    {
        var type = Text("x-queue-type", orElse: "classic")!;
        return type switch
        {
            "classic" or "quorum" => type,
            "stream" => throw NotHere("x-queue-type=stream"),
            _ => throw Invalid("x-queue-type", $"\"unsupported queue type '{type}'\""),
        };
    }

    public void Kinds(bool quorum)
    {
        foreach (var name in quorum ? _classicOnly : _quorumOnly)
        {
            if (arguments.ContainsKey(name))
            {
                throw BrokerError.Precondition($"invalid arg '{name}' for {What()} of queue type "
                    + (quorum ? "rabbit_quorum_queue" : "rabbit_classic_queue"));
            }
        }
    }

    /// <summary>What a real broker does and this one does not is refused by name, never overlooked.</summary>
    public void Unsupported()
    {
        if (arguments.ContainsKey("x-delayed-retry-type")) throw NotHere("x-delayed-retry-type");
        if (arguments.ContainsKey("x-max-priority")) throw NotHere("x-max-priority");
        if (!arguments.TryGetValue("x-single-active-consumer", out var single)) return;
        if (single is not bool on) throw Unacceptable("x-single-active-consumer", single);
        if (on) throw NotHere("x-single-active-consumer");
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

    private BrokerError NotHere(string name) =>
        BrokerError.NotImplemented($"{name} of {What()} is not supported by this test broker");

    private string What() => $"queue '{queue}' in vhost '{vhost}'";
}
