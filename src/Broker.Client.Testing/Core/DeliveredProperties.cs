using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>The properties a receiver sees: a quorum queue adds its counters, a stream the place.</summary>
internal static class DeliveredProperties
{
    public static MessageProperties Of(MessageRecord record, bool quorum, bool isGot, RabbitProfile profile)
    {
        var properties = record.Message.Properties;
        if (record.Offset is { } offset)
        {
            if (profile.StreamsLoseCarbonCopies && properties.Headers?.ContainsKey("CC") == true)
                properties = properties with { Headers = properties.Headers.Where(static pair => pair.Key != "CC").ToDictionary() };
            return properties with
            {
                DeliveryMode = properties.DeliveryMode ?? (profile.StreamsMarkTransient ? (byte)1 : null),
                Headers = new Dictionary<string, object?>(properties.Headers ?? ReadOnlyDictionary<string, object?>.Empty)
                {
                    ["x-stream-offset"] = offset,
                },
            };
        }

        var deliveries = record.ShownDeliveryCount > 0 || (isGot && profile.ShowsZeroDeliveryCountToGet);
        var acquired = record.ShownAcquiredCount > 0 && profile.ShowsAcquiredCount;
        if (!quorum || !(deliveries || acquired)) return properties;

        var headers = properties.Headers is null ? [] : new Dictionary<string, object?>(properties.Headers);
        if (acquired) headers["x-acquired-count"] = (long)record.ShownAcquiredCount;
        if (deliveries) headers["x-delivery-count"] = (long)record.ShownDeliveryCount;
        return properties with { Headers = headers };
    }
}
