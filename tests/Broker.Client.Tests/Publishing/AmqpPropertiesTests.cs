using RabbitMQ.Client;

namespace Broker.Client.Tests.Publishing;

/// <summary>The writer has one set of properties for all its messages: nothing may stay in it of the last one.</summary>
public sealed class AmqpPropertiesTests
{
    private static readonly Message s_everything = new()
    {
        ContentType = "text/plain",
        ContentEncoding = "gzip",
        Persistent = false,
        Priority = 3,
        CorrelationId = "correlation",
        ReplyTo = "answers",
        Expiration = TimeSpan.FromSeconds(1.5),
        Timestamp = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        Type = "thing.made",
        UserId = "gustav",
        AppId = "tests",
    };

    [Fact]
    public void Every_property_of_a_message_is_filled_in()
    {
        var properties = new BasicProperties();

        AmqpProperties.Fill(properties, s_everything);

        Assert.Equal(
            ("text/plain", "gzip", DeliveryModes.Transient, (byte)3, "correlation", "answers"),
            (properties.ContentType, properties.ContentEncoding, properties.DeliveryMode, properties.Priority, properties.CorrelationId, properties.ReplyTo));
        Assert.Equal(
            ("1500", 1_700_000_000L, "thing.made", "gustav", "tests"),
            (properties.Expiration, properties.Timestamp.UnixTime, properties.Type, properties.UserId, properties.AppId));
    }

    [Fact]
    public void A_message_with_none_after_one_with_all_has_none()
    {
        var properties = new BasicProperties();

        AmqpProperties.Fill(properties, s_everything);
        AmqpProperties.Fill(properties, new Message());

        Assert.Equal(Present(AmqpProperties.Of(new Message())), Present(properties));
        Assert.Equal(DeliveryModes.Persistent, properties.DeliveryMode);
    }

    [Fact]
    public void A_message_with_all_after_one_with_none_has_all()
    {
        var properties = AmqpProperties.Of(new Message());

        AmqpProperties.Fill(properties, s_everything);

        Assert.Equal(11, Present(properties).Count);
    }

    /// <summary>What would be written to the wire, by the driver's own word.</summary>
    private static List<string> Present(BasicProperties properties) =>
    [
        .. typeof(BasicProperties).GetMethods()
            .Where(method => method.Name.StartsWith("Is", StringComparison.Ordinal) && method.Name.EndsWith("Present", StringComparison.Ordinal))
            .Where(method => (bool)method.Invoke(properties, null)!)
            .Select(method => method.Name[2..^7]),
    ];
}
