using System.Collections.ObjectModel;
using System.Globalization;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>A delivery over the driver's properties, which are its own once they are parsed; the body was copied.</summary>
internal sealed class AmqpDelivery(
    string queue, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
    IReadOnlyBasicProperties properties, byte[] body)
    : Delivery(
        queue, deliveryTag, redelivered,
        Noted(queue, properties, RetriedHeaders.Exchange) as string ?? exchange,
        Noted(queue, properties, RetriedHeaders.RoutingKey) as string ?? routingKey, body)
{
    private const string StreamOffsetHeader = "x-stream-offset";
    private const string DeliveryCountHeader = "x-delivery-count";
    private const string AcquiredCountHeader = "x-acquired-count";

    private IReadOnlyDictionary<string, object?>? _headers;

    public override string? ContentType => properties.ContentType;

    public override string? ContentEncoding => properties.ContentEncoding;

    public override IReadOnlyDictionary<string, object?> Headers => _headers ??= Decode(properties.Headers);

    public override bool Persistent => properties.DeliveryMode == DeliveryModes.Persistent;

    public override byte? Priority => properties.IsPriorityPresent() ? properties.Priority : null;

    public override string? CorrelationId => properties.CorrelationId;

    public override string? ReplyTo => properties.ReplyTo;

    public override TimeSpan? Expiration =>
        uint.TryParse(properties.Expiration, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : Noted(RetriedHeaders.Expiration) is long before and >= 0 and <= uint.MaxValue ? TimeSpan.FromMilliseconds(before) : null;

    public override string? MessageId => properties.MessageId;

    public override DateTimeOffset? Timestamp =>
        properties.IsTimestampPresent() ? AmqpTable.FromTimestamp(properties.Timestamp) : null;

    public override string? Type => properties.Type;

    public override string? UserId => properties.UserId ?? Noted(RetriedHeaders.UserId) as string;

    public override string? AppId => properties.AppId;

    // RabbitMQ 4.3 tells how often it was handed out; where it tells that alone, none of those times was a failure.
    internal override int? BrokerDeliveryCount => properties.Headers is not { } headers ? null
        : headers.TryGetValue(DeliveryCountHeader, out var count) && count is long or int or short or byte or uint or ushort
            ? (int)Math.Clamp(Convert.ToInt64(count, CultureInfo.InvariantCulture), 0, int.MaxValue)
        : headers.ContainsKey(AcquiredCountHeader) ? 0
        : null;

    internal override int RetriedCount =>
        Noted(RetriedHeaders.Count) is int count ? Math.Max(count, 0) : 0;

    internal override DateTimeOffset? FirstFailure => Noted(RetriedHeaders.FirstTime) as DateTimeOffset?;

    public override long? StreamOffset =>
        properties.Headers?.TryGetValue(StreamOffsetHeader, out var offset) == true && offset is long some ? some : null;

    internal override string? HeaderExcess(InboundLimits limits) => HeaderMeasure.Excess(properties.Headers, limits);

    /// <summary>Headers as our users read them.</summary>
    public static IReadOnlyDictionary<string, object?> Decode(IDictionary<string, object?>? table)
    {
        if (table is null || table.Count == 0)
            return ReadOnlyDictionary<string, object?>.Empty;
        var headers = new Dictionary<string, object?>(table.Count);
        foreach (var (name, value) in table)
        {
            if (name != PublishChannel.NumberHeader)
                headers[name] = AmqpTable.FromDriver(value);
        }

        return headers;
    }

    private object? Noted(string header) => Noted(Queue, properties, header);

    // Before it waited in a delay queue of this queue; of another's it is past.
    private static object? Noted(string queue, IReadOnlyBasicProperties properties, string header) =>
        properties.Headers is { } headers && headers.TryGetValue(RetriedHeaders.Queue, out var of)
            && AmqpTable.FromDriver(of) as string == queue && headers.TryGetValue(header, out var value)
            ? AmqpTable.FromDriver(value)
            : null;
}
