namespace Broker.Client.Testing;

/// <summary>The properties of a content header, as AMQP 0-9-1 has them: what is absent is null.</summary>
internal sealed record MessageProperties
{
    public static MessageProperties None { get; } = new();

    public string? ContentType { get; init; }

    public string? ContentEncoding { get; init; }

    public IReadOnlyDictionary<string, object?>? Headers { get; init; }

    /// <summary>1 is transient, 2 persistent.</summary>
    public byte? DeliveryMode { get; init; }

    public byte? Priority { get; init; }

    public string? CorrelationId { get; init; }

    public string? ReplyTo { get; init; }

    /// <summary>Milliseconds, as text.</summary>
    public string? Expiration { get; init; }

    public string? MessageId { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public ulong? Timestamp { get; init; }

    public string? Type { get; init; }

    public string? UserId { get; init; }

    public string? AppId { get; init; }

    public string? ClusterId { get; init; }
}
