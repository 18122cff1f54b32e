namespace Broker.Client.Testing;

/// <summary>The properties a receiver sees: a quorum queue adds its counters.</summary>
internal static class DeliveredProperties
{
    public static MessageProperties Of(MessageRecord record, bool quorum, bool isGot, RabbitProfile profile)
    {
        var properties = record.Message.Properties;
        var deliveries = record.DeliveryCount > 0 || (isGot && profile.ShowsZeroDeliveryCountToGet);
        var acquired = record.AcquiredCount > 0 && profile.ShowsAcquiredCount;
        if (!quorum || !(deliveries || acquired)) return properties;

        var headers = properties.Headers is null ? [] : new Dictionary<string, object?>(properties.Headers);
        if (acquired) headers["x-acquired-count"] = (long)record.AcquiredCount;
        if (deliveries) headers["x-delivery-count"] = (long)record.DeliveryCount;
        return properties with { Headers = headers };
    }
}
