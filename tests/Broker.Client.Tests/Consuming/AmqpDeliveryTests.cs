using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

public sealed class AmqpDeliveryTests
{
    [Fact]
    public void Every_property_is_the_one_that_was_sent()
    {
        var delivery = Deliveries.New(new BasicProperties
        {
            ContentType = "text/plain",
            ContentEncoding = "gzip",
            DeliveryMode = DeliveryModes.Persistent,
            Priority = 3,
            CorrelationId = "c",
            ReplyTo = "r",
            Expiration = "1500",
            MessageId = "m",
            Timestamp = new AmqpTimestamp(60),
            Type = "t",
            UserId = "u",
            AppId = "a",
        });

        Assert.Equal(("text/plain", "gzip", true, (byte?)3), (delivery.ContentType, delivery.ContentEncoding, delivery.Persistent, delivery.Priority));
        Assert.Equal(("c", "r", "m", "t", "u", "a"), (delivery.CorrelationId, delivery.ReplyTo, delivery.MessageId, delivery.Type, delivery.UserId, delivery.AppId));
        Assert.Equal(TimeSpan.FromSeconds(1.5), delivery.Expiration);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMinutes(1), delivery.Timestamp);
        Assert.Equal(("orders", "exchange", "key", 1ul), (delivery.Queue, delivery.Exchange, delivery.RoutingKey, delivery.DeliveryTag));
    }

    [Fact]
    public void What_was_not_sent_is_null()
    {
        var delivery = Deliveries.New();

        object?[] properties =
        [
            delivery.ContentType, delivery.ContentEncoding, delivery.Priority, delivery.CorrelationId, delivery.ReplyTo, delivery.Expiration,
            delivery.MessageId, delivery.Timestamp, delivery.Type, delivery.UserId, delivery.AppId, delivery.BrokerDeliveryCount,
        ];

        Assert.All(properties, Assert.Null);
        Assert.False(delivery.Persistent);
        Assert.Empty(delivery.Headers);
    }

    [Fact]
    public void Headers_are_decoded()
    {
        var delivery = WithHeaders(new()
        {
            ["text"] = "héllo"u8.ToArray(),
            ["bytes"] = new byte[] { 0xff },
            ["time"] = new AmqpTimestamp(60),
            ["number"] = 7L,
            ["none"] = null,
            ["table"] = new Dictionary<string, object?> { ["inner"] = "x"u8.ToArray() },
        });

        Assert.Equal("héllo", delivery.Headers["text"]);
        Assert.Equal(new byte[] { 0xff }, delivery.Headers["bytes"]);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMinutes(1), delivery.Headers["time"]);
        Assert.Equal(7L, delivery.Headers["number"]);
        Assert.Null(delivery.Headers["none"]);
        Assert.Equal("x", Assert.IsAssignableFrom<IDictionary<string, object?>>(delivery.Headers["table"])["inner"]);
    }

    [Fact]
    public void The_number_that_we_add_to_a_mandatory_message_is_not_shown()
    {
        var delivery = WithHeaders(new() { [PublishChannel.NumberHeader] = 1L, ["theirs"] = 2L });

        Assert.Equal(["theirs"], delivery.Headers.Keys);
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("4294967295", 4294967295L)]
    [InlineData("4294967296", null)]
    [InlineData("-1", null)]
    [InlineData("1.5", null)]
    [InlineData(" 5", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    public void An_expiration_that_is_no_number_is_none(string text, long? milliseconds)
    {
        Assert.Equal(milliseconds, (long?)Deliveries.New(new BasicProperties { Expiration = text }).Expiration?.TotalMilliseconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(253_402_300_799)]
    public void A_timestamp_within_the_calendar_is_read(long seconds)
    {
        Assert.Equal(seconds, Deliveries.New(new BasicProperties { Timestamp = new AmqpTimestamp(seconds) }).Timestamp?.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1_700_000_000_000)] // milliseconds, as some clients write them
    public void A_timestamp_beyond_the_calendar_is_none(long seconds)
    {
        Assert.Null(Deliveries.New(new BasicProperties { Timestamp = new AmqpTimestamp(seconds) }).Timestamp);
    }

    [Theory]
    [InlineData(null, false, 0)]
    [InlineData(null, true, 1)]
    [InlineData(0L, true, 0)]
    [InlineData(3L, true, 3)]
    [InlineData((byte)4, true, 4)]
    [InlineData(5, true, 5)]
    [InlineData(-1L, true, 0)]
    [InlineData(long.MaxValue, true, int.MaxValue)]
    [InlineData("3", true, 1)]
    public void Failed_deliveries_are_counted_by_the_broker_or_else_by_the_flag(object? count, bool redelivered, int expected)
    {
        var headers = count is null ? null : new Dictionary<string, object?> { ["x-delivery-count"] = count };

        Assert.Equal(expected, Deliveries.New(new BasicProperties { Headers = headers }, redelivered: redelivered).DeliveryCount);
    }

    [Fact]
    public void One_that_was_handed_out_and_never_failed_has_no_failed_deliveries()
    {
        Assert.Equal(0, Deliveries.New(new BasicProperties { Headers = new Dictionary<string, object?> { ["x-acquired-count"] = 3L } }, redelivered: true).DeliveryCount);
    }

    [Fact]
    public void Back_from_a_delay_queue_of_its_own_it_is_what_it_was_before_and_counts_on()
    {
        var headers = new Dictionary<string, object?>
        {
            ["x-retried-queue"] = "orders"u8.ToArray(),
            ["x-retried-count"] = 3,
            ["x-retried-exchange"] = "shop"u8.ToArray(),
            ["x-retried-routing-key"] = "order.made"u8.ToArray(),
            ["x-retried-user-id"] = "ann"u8.ToArray(),
            ["x-retried-expiration"] = 1500L,
            ["x-delivery-count"] = 2L,
        };

        var own = Deliveries.New(new BasicProperties { Headers = headers });
        var others = Deliveries.New(new BasicProperties { Headers = headers }, queue: "dead");

        Assert.Equal(("shop", "order.made", "ann", TimeSpan.FromSeconds(1.5), 5), (own.Exchange, own.RoutingKey, own.UserId, own.Expiration, own.DeliveryCount));
        Assert.Equal(("exchange", "key", null, null, 2), (others.Exchange, others.RoutingKey, others.UserId, others.Expiration, others.DeliveryCount));
    }

    [Fact]
    public void What_others_wrote_into_those_headers_does_no_harm()
    {
        var delivery = WithHeaders(new()
        {
            ["x-retried-queue"] = "orders"u8.ToArray(), ["x-retried-count"] = -7, ["x-retried-exchange"] = 5, ["x-retried-expiration"] = -1L, ["x-retried-first-time"] = "soon"u8.ToArray(),
        });

        Assert.Equal(("exchange", "key", null, 0), (delivery.Exchange, delivery.RoutingKey, delivery.Expiration, delivery.DeliveryCount));
    }

    private static AmqpDelivery WithHeaders(Dictionary<string, object?> headers) => Deliveries.New(new BasicProperties { Headers = headers });
}
