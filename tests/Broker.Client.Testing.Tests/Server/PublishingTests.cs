using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Server;

public sealed class PublishingTests : BrokerTest
{
    [Fact]
    public async Task A_message_is_stored_and_got_with_its_properties()
    {
        await QueueAsync();
        var properties = new BasicProperties
        {
            ContentType = "text/plain", CorrelationId = "c", MessageId = "m", Type = "t", Priority = 3,
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?> { ["n"] = 5, ["raw"] = new byte[] { 255, 0 } },
        };
        await Channel.BasicPublishAsync("", "q", mandatory: true, properties, Bytes("hello"));
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 1, Soon);

        var got = (await Channel.BasicGetAsync("q", autoAck: false))!;
        Assert.Equal("hello", Text(got.Body));
        Assert.Equal(("text/plain", "c", "m", "t", 3), (
            got.BasicProperties.ContentType, got.BasicProperties.CorrelationId,
            got.BasicProperties.MessageId, got.BasicProperties.Type, got.BasicProperties.Priority));
        Assert.Equal(5, got.BasicProperties.Headers!["n"]);
        Assert.Equal(new byte[] { 255, 0 }, got.BasicProperties.Headers["raw"]);
        Assert.Equal((0, 1), (Broker.Queue("q").ReadyCount, Broker.Queue("q").UnackedCount));
        await Channel.BasicAckAsync(got.DeliveryTag, multiple: false);
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);
        Assert.Null(await Channel.BasicGetAsync("q", autoAck: true));
    }

    [Fact]
    public async Task A_thousand_publishes_in_flight_are_all_confirmed()
    {
        await QueueAsync();
        await using var channel = await Connection.CreateChannelAsync(new(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: null));
        var all = Enumerable.Range(0, 1000)
            .Select(i => channel.BasicPublishAsync("", "q", Bytes($"{i}")).AsTask()).ToList();
        await Task.WhenAll(all).WaitAsync(Soon);
        Assert.Equal(1000, Broker.Queue("q").ReadyCount);
    }

    [Fact]
    public async Task Nobody_takes_it_so_it_comes_back_before_the_confirm()
    {
        await using var channel = await ConfirmingAsync();
        var order = new List<string>();
        channel.BasicReturnAsync += (_, e) =>
        {
            order.Add($"return {e.ReplyCode} {e.ReplyText} {e.RoutingKey} {Text(e.Body)}");
            return Task.CompletedTask;
        };
        channel.BasicAcksAsync += (_, e) =>
        {
            order.Add($"ack {e.DeliveryTag}");
            return Task.CompletedTask;
        };
        var error = await Assert.ThrowsAsync<PublishReturnException>(
            () => channel.BasicPublishAsync("", "nowhere", mandatory: true, Bytes("x")).AsTask());
        Assert.Equal((312, "NO_ROUTE"), (error.ReplyCode, error.ReplyText));
        await channel.BasicPublishAsync("", "nowhere", Bytes("y"));
        Assert.Equal(["return 312 NO_ROUTE nowhere x", "ack 1"], order.Take(2));
    }

    [Fact]
    public async Task A_full_queue_that_refuses_nacks()
    {
        await QueueAsync("q", ("x-max-length", 1), ("x-overflow", "reject-publish"));
        await using var channel = await ConfirmingAsync();
        await channel.BasicPublishAsync("", "q", Bytes("1"));
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishException>(
            () => channel.BasicPublishAsync("", "q", Bytes("2")).AsTask());
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(131_064)]
    [InlineData(1_000_000)]
    [InlineData(16 * 1024 * 1024)]
    public async Task A_body_of_any_size_comes_as_it_went(int size)
    {
        await QueueAsync();
        var body = new byte[size];
        new Random(1).NextBytes(body);
        await using var channel = await ConfirmingAsync();
        await channel.BasicPublishAsync("", "q", body);
        var inbox = await ConsumeAsync(Channel, "q", autoAck: true);
        var got = await inbox.NextAsync();
        Assert.True(body.AsSpan().SequenceEqual(got.Body.Span));
    }

    [Fact]
    public async Task A_body_over_16_MiB_closes_the_channel()
    {
        await QueueAsync();
        var reason = await ClosesAsync(Channel,
            () => Channel.BasicPublishAsync("", "q", new byte[16 * 1024 * 1024 + 1]).AsTask());
        Assert.Equal("406 PRECONDITION_FAILED - message size 16777217 is larger than configured max size 16777216",
            $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.True(Connection.IsOpen);
    }

    [Fact]
    public async Task Publishing_to_no_exchange_closes_the_channel()
    {
        var reason = await ClosesAsync(Channel, () => Channel.BasicPublishAsync("none", "", Bytes("")).AsTask());
        Assert.Equal("404 NOT_FOUND - no exchange 'none' in vhost '/'", $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.Equal((60, 40), (reason.ClassId, reason.MethodId));
        await using var next = await Connection.CreateChannelAsync();
        Assert.True(next.IsOpen);
    }

    [Fact]
    public async Task Publishing_to_an_internal_exchange_is_refused()
    {
        var reason = await ClosesAsync(
            Channel, () => Channel.BasicPublishAsync("amq.rabbitmq.trace", "", Bytes("")).AsTask());
        Assert.Equal("403 ACCESS_REFUSED - cannot publish to internal exchange 'amq.rabbitmq.trace' in vhost '/'",
            $"{reason.ReplyCode} {reason.ReplyText}");
    }

    [Fact]
    public async Task A_user_id_must_be_the_users()
    {
        var reason = await ClosesAsync(Channel, () => Channel.BasicPublishAsync(
            "", "q", mandatory: false, new BasicProperties { UserId = "eve" }, Bytes("")).AsTask());
        Assert.Equal("406 PRECONDITION_FAILED - user_id property set to 'eve' but authenticated user was 'guest'",
            $"{reason.ReplyCode} {reason.ReplyText}");
    }

    [Fact]
    public async Task Transactions_are_refused_by_name()
    {
        var reason = await ClosesAsync(Channel, () => Channel.TxSelectAsync());
        Assert.Equal("540 NOT_IMPLEMENTED - tx.select is not supported by this test broker",
            $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.False(Connection.IsOpen);
    }

    [Fact]
    public async Task A_reply_goes_straight_to_who_asked()
    {
        await QueueAsync("requests");
        var replies = await ConsumeAsync(Channel, "amq.rabbitmq.reply-to", autoAck: true);
        await Channel.BasicPublishAsync("", "requests", mandatory: true,
            new BasicProperties { ReplyTo = "amq.rabbitmq.reply-to", CorrelationId = "7" }, Bytes("ask"));

        var other = await ConnectAsync();
        await using var server = await other.CreateChannelAsync();
        var request = await (await ConsumeAsync(server, "requests", autoAck: true)).NextAsync();
        var to = request.BasicProperties.ReplyTo!;
        Assert.StartsWith("amq.rabbitmq.reply-to.", to, StringComparison.Ordinal);
        await server.QueueDeclarePassiveAsync(to);
        await server.BasicPublishAsync("", to, mandatory: true, new BasicProperties { CorrelationId = "7" },
            Bytes("answer"));

        var reply = await replies.NextAsync();
        Assert.Equal(("answer", "7", to), (Text(reply.Body), reply.BasicProperties.CorrelationId, reply.RoutingKey));
    }

    [Fact]
    public async Task Replies_are_consumed_without_acks_only()
    {
        var reason = await ClosesAsync(Channel, () => ConsumeAsync(Channel, "amq.rabbitmq.reply-to"));
        Assert.Equal("406 PRECONDITION_FAILED - reply consumer cannot acknowledge",
            $"{reason.ReplyCode} {reason.ReplyText}");
    }
}
