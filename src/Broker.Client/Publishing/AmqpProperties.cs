using System.Globalization;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>A message's properties as the driver's, but for its headers and its id, which are the publisher's matter.</summary>
internal static class AmqpProperties
{
    public static BasicProperties Of(Message message)
    {
        var properties = new BasicProperties();
        Fill(properties, message);
        return properties;
    }

    /// <summary>For one that is used again: the driver encodes it before its call returns.</summary>
    public static void Fill(BasicProperties properties, Message message)
    {
        properties.ContentType = message.ContentType;
        properties.ContentEncoding = message.ContentEncoding;
        properties.Persistent = message.Persistent;
        properties.CorrelationId = message.CorrelationId;
        properties.ReplyTo = message.ReplyTo;
        properties.Type = message.Type;
        properties.UserId = message.UserId;
        properties.AppId = message.AppId;
        properties.Expiration = message.Expiration is { } expiration
            ? ((long)expiration.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)
            : null;
        if (message.Priority is { } priority)
            properties.Priority = priority;
        else
            properties.ClearPriority();
        if (message.Timestamp is { } timestamp)
            properties.Timestamp = new AmqpTimestamp(timestamp.ToUnixTimeSeconds());
        else
            properties.ClearTimestamp();
    }
}
