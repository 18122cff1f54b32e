using System.Security.Cryptography;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>What a handler is given, of a message that plain RabbitMQ.Client published.</summary>
public sealed class DeliveryTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_delivery_has_every_property()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Topic).InTime();
        await broker.BindQueueAsync(queue, exchange, "a.#").InTime();
        await raw.PublishAsync(exchange, "a.b", new BasicProperties
        {
            ContentType = "application/x-thing", ContentEncoding = "gzip", DeliveryMode = DeliveryModes.Persistent, Priority = 5,
            CorrelationId = "correlation", ReplyTo = "answers", Expiration = "60000", MessageId = "id", Timestamp = new AmqpTimestamp(1_700_000_000),
            Type = "thing.made", UserId = brokers.Shared.User(), AppId = "tests",
        }, "body");

        var delivery = await TakeAsync(broker, queue);

        Assert.Equal((queue, exchange, "a.b", "body", 1ul, false, 0), (
            delivery.Queue, delivery.Exchange, delivery.RoutingKey, delivery.GetText(), delivery.DeliveryTag, delivery.Redelivered, delivery.DeliveryCount));
        Assert.Equal(("application/x-thing", "gzip", true, (byte?)5, "correlation", "answers"), (
            delivery.ContentType, delivery.ContentEncoding, delivery.Persistent, delivery.Priority, delivery.CorrelationId, delivery.ReplyTo));
        Assert.Equal((TimeSpan.FromMinutes(1), "id", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)), (delivery.Expiration, delivery.MessageId, delivery.Timestamp));
        Assert.Equal(("thing.made", brokers.Shared.User(), "tests"), (delivery.Type, delivery.UserId, delivery.AppId));
    }

    [Fact]
    public async Task A_bare_message_has_nothing_else()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await raw.PublishAsync("", queue, new BasicProperties(), "");

        var delivery = await TakeAsync(broker, queue);

        Assert.True(delivery.Body.IsEmpty);
        Assert.Empty(delivery.Headers);
        Assert.False(delivery.Persistent);
        Assert.All(
            (object?[])[delivery.ContentType, delivery.ContentEncoding, delivery.Priority, delivery.CorrelationId, delivery.ReplyTo, delivery.Expiration,
                delivery.MessageId, delivery.Timestamp, delivery.Type, delivery.UserId, delivery.AppId],
            Assert.Null);
    }

    [Fact]
    public async Task Headers_come_as_net_types()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await raw.PublishAsync("", queue, new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                ["text"] = "grün", ["bytes"] = new byte[] { 0xff, 0 }, ["int"] = -7, ["time"] = new AmqpTimestamp(1_700_000_000), ["null"] = null,
                ["list"] = new List<object?> { "a", 1 }, ["table"] = new Dictionary<string, object?> { ["inner"] = "b" },
            },
        }, "x");

        var headers = (await TakeAsync(broker, queue)).Headers;

        Assert.Equal(("grün", -7, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), null), (headers["text"], headers["int"], headers["time"], headers["null"]));
        Assert.Equal(new byte[] { 0xff, 0 }, headers["bytes"]);
        Assert.Equal(["a", 1], Assert.IsAssignableFrom<IEnumerable<object?>>(headers["list"]));
        Assert.Equal("b", Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(headers["table"])["inner"]);
        Assert.Equal(7, headers.Count);
    }

    [Fact]
    public async Task What_the_publisher_adds_for_itself_is_not_seen()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, new Message { Headers = { ["mine"] = 1 } }).InTime();

        var delivery = await TakeAsync(broker, queue);

        Assert.Equal(["mine"], delivery.Headers.Keys);
    }

    [Fact]
    public async Task Bodies_can_be_kept()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var bodies = Enumerable.Range(0, 500).Select(number => RandomNumberGenerator.GetBytes(1 + number * 17)).ToArray();
        var kept = new Collected<ReadOnlyMemory<byte>>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => kept.Add(delivery.Body));

        await Task.WhenAll(bodies.Select(body => broker.SendAsync(queue, body).AsTask())).InTime();

        Assert.Equal(bodies, (await kept.ReachAsync(500)).Select(body => body.ToArray()));
    }

    private static async Task<Delivery> TakeAsync(BrokerClient broker, string queue)
    {
        var taken = new Collected<Delivery>();
        await using var consumer = await broker.ConsumeAsync(queue, taken.Add);
        return (await taken.ReachAsync(1))[0];
    }
}
