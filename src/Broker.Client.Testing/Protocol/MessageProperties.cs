namespace Broker.Client.Testing;

/// <summary>The properties of a message as AMQP 0-9-1 has them; what is absent is null.</summary>
public sealed record MessageProperties
{
    /// <summary>A message without properties.</summary>
    public static MessageProperties None { get; } = new();

    /// <summary>The MIME type of the body.</summary>
    public string? ContentType { get; init; }

    /// <summary>The MIME encoding of the body.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The headers.</summary>
    public IReadOnlyDictionary<string, object?>? Headers { get; init; }

    /// <summary>1 is transient, 2 persistent.</summary>
    public byte? DeliveryMode { get; init; }

    /// <summary>The priority.</summary>
    public byte? Priority { get; init; }

    /// <summary>What a reply refers to.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Where a reply goes to.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>The time to live: milliseconds, as text.</summary>
    public string? Expiration { get; init; }

    /// <summary>The message's id.</summary>
    public string? MessageId { get; init; }

    /// <summary>When it was made, as its sender says: seconds since 1970.</summary>
    public ulong? Timestamp { get; init; }

    /// <summary>The kind of message.</summary>
    public string? Type { get; init; }

    /// <summary>The user that published it; RabbitMQ refuses another than the one logged in.</summary>
    public string? UserId { get; init; }

    /// <summary>The application that made it.</summary>
    public string? AppId { get; init; }

    /// <summary>Not used since AMQP 0-9-1.</summary>
    public string? ClusterId { get; init; }
}
