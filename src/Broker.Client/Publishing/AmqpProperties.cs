using System.Globalization;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>A message's properties as the driver's, but for its headers and its id, which are the publisher's matter.</summary>
internal static class AmqpProperties
{
    public static BasicProperties Of(Message message)
    {
        var properties = new BasicProperties
        {
            ContentType = message.ContentType,
            ContentEncoding = message.ContentEncoding,
            Persistent = message.Persistent,
            CorrelationId = message.CorrelationId,
            ReplyTo = message.ReplyTo,
            Type = message.Type,
            UserId = message.UserId,
            AppId = message.AppId,
        };
        if (message.Priority is { } priority)
            properties.Priority = priority;
        if (message.Expiration is { } expiration)
            properties.Expiration = ((long)expiration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (message.Timestamp is { } timestamp)
            properties.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        return properties;
    }
}
