using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>A reply over the driver's properties, which are its own once they are parsed; the body was copied.</summary>
internal sealed class AmqpReply(IReadOnlyBasicProperties properties, byte[] body) : Reply(body)
{
    private IReadOnlyDictionary<string, object?>? _headers;

    public override string? ContentType => properties.ContentType;

    public override string? ContentEncoding => properties.ContentEncoding;

    public override IReadOnlyDictionary<string, object?> Headers => _headers ??= AmqpDelivery.Decode(properties.Headers);

    public override string? MessageId => properties.MessageId;

    public override DateTimeOffset? Timestamp =>
        properties.IsTimestampPresent() ? AmqpTable.FromTimestamp(properties.Timestamp) : null;

    public override string? Type => properties.Type;

    public override string? AppId => properties.AppId;
}
