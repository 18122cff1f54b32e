using System.Collections.ObjectModel;

namespace Broker.Client;

/// <summary>A message that came in, made ready to be published once more.</summary>
internal static class MessageCopy
{
    // CC and BCC would send copies again, the counters are the broker's.
    private static readonly HashSet<string> s_notCarried =
        new(StringComparer.Ordinal) { "CC", "BCC", "x-delivery-count", "x-acquired-count" };

    /// <summary>
    /// Without what would have it refused (another user's name) or expire on the way, which go as headers of these
    /// names, and without what an earlier retry has noted; without any header where no frame of ours could hold them.
    /// </summary>
    public static Message Of(Delivery delivery, string userIdHeader, string expirationHeader)
    {
        var message = new Message(delivery.Body)
        {
            IsCopy = true,
            ContentType = delivery.ContentType,
            ContentEncoding = delivery.ContentEncoding,
            Priority = delivery.Priority,
            CorrelationId = delivery.CorrelationId,
            ReplyTo = delivery.ReplyTo,
            MessageId = delivery.MessageId,
            Timestamp = delivery.Timestamp,
            Type = delivery.Type,
            AppId = delivery.AppId,
        };
        var headers = message.Headers;
        var isPublishable = delivery.HeaderExcess(InboundLimits.OfCopies) is null;
        foreach (var (name, value) in isPublishable ? delivery.Headers : ReadOnlyDictionary<string, object?>.Empty)
        {
            if (!s_notCarried.Contains(name) && !name.StartsWith(RetriedHeaders.Prefix, StringComparison.Ordinal))
                headers[name] = value;
        }

        if (delivery.UserId is { } user)
            headers[userIdHeader] = user;
        if (delivery.Expiration is { } expiration)
            headers[expirationHeader] = (long)expiration.TotalMilliseconds;
        return message;
    }
}
