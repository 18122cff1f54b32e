using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

public sealed class ParkingTests
{
    private readonly SentMessages _sent = new();
    private readonly Parking _parking;

    public ParkingTests() => _parking = new Parking(_sent, new BrokerTopology(new BrokerOptions(), NullLogger.Instance));

    [Fact]
    public async Task A_parked_message_is_the_message_that_came()
    {
        var message = await ParkAsync(Deliveries.New(
            new BasicProperties
            {
                ContentType = "ct",
                ContentEncoding = "ce",
                Priority = 3,
                CorrelationId = "c",
                ReplyTo = "r",
                MessageId = "m",
                Timestamp = new AmqpTimestamp(60),
                Type = "t",
                AppId = "a",
                Headers = new Dictionary<string, object?> { ["theirs"] = 7L },
            },
            body: [1, 2, 3]));

        Assert.Equal([1, 2, 3], message.Body.ToArray());
        Assert.Equal(("ct", "ce", (byte?)3, "c", "r", "m"), (message.ContentType, message.ContentEncoding, message.Priority, message.CorrelationId, message.ReplyTo, message.MessageId));
        Assert.Equal((DateTimeOffset.UnixEpoch.AddMinutes(1), "t", "a"), (message.Timestamp!.Value, message.Type, message.AppId));
        Assert.Equal(7L, message.Headers["theirs"]);
        Assert.True(message.Persistent);
    }

    [Fact]
    public async Task It_says_where_it_came_from_and_why()
    {
        var message = await ParkAsync(Deliveries.New(), new InvalidOperationException("no stock"), attempts: 5);

        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["x-parked-reason"] = "handler",
                ["x-parked-attempts"] = 5,
                ["x-parked-queue"] = "orders",
                ["x-parked-exchange"] = "exchange",
                ["x-parked-routing-key"] = "key",
                ["x-parked-exception"] = "System.InvalidOperationException",
                ["x-parked-exception-message"] = "no stock",
            },
            message.Headers);
    }

    [Fact]
    public async Task Without_an_exception_it_had_come_back_too_often()
    {
        var message = await ParkAsync(Deliveries.New(), error: null, attempts: 15);

        Assert.Equal(("delivery-count", 15), (message.Headers["x-parked-reason"], message.Headers["x-parked-attempts"]));
        Assert.False(message.Headers.ContainsKey("x-parked-exception"));
    }

    [Fact]
    public async Task What_would_have_it_refused_expired_or_copied_does_not_go_along_as_such()
    {
        var message = await ParkAsync(Deliveries.New(new BasicProperties
        {
            UserId = "ann",
            Expiration = "1500",
            Headers = new Dictionary<string, object?> { ["CC"] = new List<object?> { "k" }, ["BCC"] = new List<object?> { "k" }, ["x-delivery-count"] = 20L, ["x-acquired-count"] = 21L },
        }));

        Assert.Null(message.UserId);
        Assert.Null(message.Expiration);
        Assert.Equal(("ann", 1500L), (message.Headers["x-parked-user-id"], message.Headers["x-parked-expiration"]));
        Assert.DoesNotContain(message.Headers.Keys, name => name is "CC" or "BCC" or "x-delivery-count" or "x-acquired-count");
    }

    [Fact]
    public async Task A_long_exception_message_is_cut()
    {
        var message = await ParkAsync(Deliveries.New(), new InvalidOperationException(new string('m', 5000)));

        Assert.Equal(1024, ((string)message.Headers["x-parked-exception-message"]!).Length);
    }

    [Fact]
    public async Task A_message_that_came_with_every_header_the_broker_sends_can_be_sent_again()
    {
        var message = await ParkAsync(Deliveries.New(new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                ["x-death"] = new List<object?> { new Dictionary<string, object?> { ["count"] = 1L, ["reason"] = "expired"u8.ToArray(), ["time"] = new AmqpTimestamp(60), ["routing-keys"] = new List<object?> { "k"u8.ToArray() } } },
                ["bytes"] = new byte[] { 0xff },
                ["decimal"] = 1.5m,
                ["nothing"] = null,
            },
        }));

        MessageCheck.Validate(message, maxBytes: 1024);
    }

    [Theory]
    [InlineData(PublishOutcome.Rejected)]
    [InlineData(PublishOutcome.NotSent)]
    [InlineData(PublishOutcome.Unknown)]
    public async Task Only_a_confirm_makes_it_safe(PublishOutcome outcome)
    {
        _sent.Answers.Enqueue(() => new PublishResult(outcome, "m", 0, "why"));

        var failure = await _parking.TryParkAsync(Deliveries.New(), "aside", error: null, attempts: 1, CancellationToken.None);

        Assert.Equal($"{outcome}: why", failure);
    }

    private async Task<Message> ParkAsync(Delivery delivery, Exception? error = null, int attempts = 1)
    {
        var failure = await _parking.TryParkAsync(delivery, "aside", error, attempts, CancellationToken.None);
        Assert.Null(failure);
        var (queue, message) = Assert.Single(_sent.Sent);
        Assert.Equal("aside", queue);
        return message;
    }
}
