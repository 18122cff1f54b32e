using System.Text.Json;
using System.Text.Json.Serialization;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>What a message is when it has arrived, as plain RabbitMQ.Client sees it.</summary>
public sealed partial class PublishedMessageTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Every_property_arrives()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var message = new Message(new byte[] { 1, 2, 3 })
        {
            ContentType = "application/x-thing",
            ContentEncoding = "gzip",
            Priority = 5,
            CorrelationId = "correlation",
            ReplyTo = "answers",
            Expiration = TimeSpan.FromMinutes(1),
            MessageId = "my-id",
            Timestamp = new DateTimeOffset(2026, 11, 23, 12, 0, 7, TimeSpan.FromHours(2)),
            Type = "thing.made",
            UserId = brokers.Shared.User(),
            AppId = "tests",
        };

        var result = await broker.SendAsync(queue, message).InTime();

        var arrived = Assert.IsType<RawMessage>(await probe.GetAsync(queue));
        var properties = arrived.Properties;
        Assert.Equal("my-id", result.MessageId);
        Assert.Equal([1, 2, 3], arrived.Body);
        Assert.Equal(
            ("application/x-thing", "gzip", (byte)5, "correlation", "answers", "60000"),
            (properties.ContentType, properties.ContentEncoding, properties.Priority, properties.CorrelationId, properties.ReplyTo, properties.Expiration));
        Assert.Equal(
            ("my-id", 1795428007L, "thing.made", brokers.Shared.User(), "tests"),
            (properties.MessageId, properties.Timestamp.UnixTime, properties.Type, properties.UserId, properties.AppId));
    }

    [Fact]
    public async Task Headers_of_every_type_arrive()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var message = new Message
        {
            Headers =
            {
                ["null"] = null, ["string"] = "grün", ["bytes"] = new byte[] { 0xff, 0 }, ["bool"] = true,
                ["sbyte"] = (sbyte)-1, ["byte"] = (byte)200, ["short"] = (short)-300, ["ushort"] = (ushort)60_000,
                ["int"] = -70_000, ["uint"] = 4_000_000_000u, ["long"] = long.MinValue, ["float"] = 1.5f, ["double"] = Math.PI,
                ["decimal"] = 12.34m, ["time"] = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
                ["list"] = new List<object?> { 1, "two", null },
                ["table"] = new Dictionary<string, object?> { ["inner"] = 7L },
            },
        };

        await broker.SendAsync(queue, message).InTime();

        var headers = Assert.IsType<RawMessage>(await probe.GetAsync(queue)).Properties.Headers!;
        Assert.True(headers.ContainsKey("null"));
        Assert.Null(headers["null"]);
        Assert.Equal("grün"u8.ToArray(), headers["string"]);
        Assert.Equal(new byte[] { 0xff, 0 }, headers["bytes"]);
        Assert.Equal(
            (true, (sbyte)-1, (byte)200, (short)-300, (ushort)60_000, -70_000),
            (headers["bool"], headers["sbyte"], headers["byte"], headers["short"], headers["ushort"], headers["int"]));
        Assert.Equal((4_000_000_000u, long.MinValue, 1.5f, Math.PI, 12.34m), (headers["uint"], headers["long"], headers["float"], headers["double"], headers["decimal"]));
        Assert.Equal(new AmqpTimestamp(1_700_000_000), headers["time"]);
        Assert.Equal([1, "two"u8.ToArray(), null], Assert.IsAssignableFrom<IList<object?>>(headers["list"]));
        Assert.Equal(7L, Assert.IsAssignableFrom<IDictionary<string, object?>>(headers["table"])["inner"]);
    }

    [Theory]
    [InlineData(true, DeliveryModes.Persistent)]
    [InlineData(false, DeliveryModes.Transient)]
    public async Task Messages_are_persistent_unless_said_otherwise(bool persistent, DeliveryModes mode)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });
        var message = Message.FromText("x");
        if (!persistent)
            message.Persistent = false;

        await broker.SendAsync(queue, message).InTime();

        Assert.Equal(mode, (await probe.GetAsync(queue))?.Properties.DeliveryMode);
    }

    [Fact]
    public async Task Text_bytes_and_json_say_what_they_are()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAsync(queue, "grün").InTime();
        await broker.SendAsync(queue, new byte[] { 0, 255 }).InTime();
        await broker.SendAsync(queue, new ReadOnlyMemory<byte>([7])).InTime();
        await broker.SendAsync(queue, Message.FromJson(new Order(7, "tea"), Json.Default.Order)).InTime();

        var arrived = await probe.DrainAsync(queue);
        Assert.Equal(["text/plain; charset=utf-8", null, null, "application/json"], arrived.Select(message => message.Properties.ContentType));
        Assert.Equal("grün", arrived[0].Text);
        Assert.Equal([0, 255], arrived[1].Body);
        Assert.Equal([7], arrived[2].Body);
        Assert.Equal(new Order(7, "tea"), JsonSerializer.Deserialize(arrived[3].Text, Json.Default.Order));
    }

    [Fact]
    public async Task A_message_without_an_id_gets_one_that_is_returned_and_its_own_stays_null()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var message = Message.FromText("x");

        var first = await broker.SendAsync(queue, message).InTime();
        var second = await broker.TrySendAsync(queue, message).InTime();

        Assert.Equal([first.MessageId, second.MessageId], (await probe.DrainAsync(queue)).Select(arrived => arrived.Properties.MessageId));
        Assert.NotEqual(first.MessageId, second.MessageId);
        Assert.Null(message.MessageId);
    }

    [Fact]
    public async Task One_message_may_be_published_from_many_threads_and_its_headers_stay_as_they_were()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var message = new Message { Headers = { ["mine"] = "x", ["list"] = new List<object?> { 1 } } };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var each = 0; each < 50; each++)
                await broker.SendAsync(queue, message);
        }))).InTime();

        var arrived = await probe.DrainAsync(queue);
        Assert.Equal(400, arrived.Select(each => each.Properties.MessageId).Distinct().Count());
        Assert.All(arrived, each => Assert.Equal("x", each.Header("mine")));
        Assert.Equal(["mine", "list"], message.Headers.Keys);
    }

    internal sealed record Order(int Id, string What);

    [JsonSerializable(typeof(Order))]
    internal sealed partial class Json : JsonSerializerContext;
}
