using Broker.Client.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Consuming;

public sealed class ParkingTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly SentMessages _sent = new();
    private readonly FakeTimeProvider _time = new(s_noon);
    private readonly Parking _parking;

    public ParkingTests() => _parking = new Parking(_sent, new BrokerTopology(new BrokerOptions(), NullLogger.Instance), _time);

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
        var message = await ParkAsync(Deliveries.New(), ParkCause.Failed(new InvalidOperationException("no stock"), 5, firstTime: null));

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
                ["x-parked-first-time"] = s_noon,
                ["x-parked-last-time"] = s_noon,
            },
            message.Headers);
    }

    [Fact]
    public async Task Without_an_exception_it_had_come_back_too_often()
    {
        var message = await ParkAsync(Deliveries.New(), ParkCause.DeliveredTooOften(15));

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
        var message = await ParkAsync(Deliveries.New(), ParkCause.Failed(new InvalidOperationException(new string('m', 5000)), 1, firstTime: null));

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

    [Fact]
    public async Task Parked_again_it_keeps_its_first_time_and_tells_of_the_last_failure()
    {
        var first = await ParkAsync(Deliveries.New(), ParkCause.Failed(new InvalidOperationException("one"), 5, s_noon.AddSeconds(-8)));
        _sent.Sent.Clear();
        _time.Advance(TimeSpan.FromHours(1));

        var again = await ParkAsync(Deliveries.New(Wired(first)), ParkCause.DeliveredTooOften(15));

        Assert.Equal((s_noon.AddSeconds(-8), s_noon), (first.Headers["x-parked-first-time"], first.Headers["x-parked-last-time"]));
        Assert.Equal((s_noon.AddSeconds(-8), s_noon.AddHours(1)), (again.Headers["x-parked-first-time"], again.Headers["x-parked-last-time"]));
        Assert.Equal("delivery-count", again.Headers["x-parked-reason"]);
        Assert.False(again.Headers.ContainsKey("x-parked-exception"));
    }

    [Fact]
    public async Task One_that_waited_in_a_delay_queue_keeps_the_time_of_its_first_attempt_and_its_first_address()
    {
        var message = await ParkAsync(Deliveries.New(new BasicProperties
        {
            Headers = new Dictionary<string, object?>
            {
                ["x-retried-queue"] = "orders"u8.ToArray(),
                ["x-retried-exchange"] = "shop"u8.ToArray(),
                ["x-retried-routing-key"] = "order.made"u8.ToArray(),
                ["x-retried-user-id"] = "ann"u8.ToArray(),
                ["x-retried-expiration"] = 1500L,
                ["x-retried-count"] = 4,
                ["x-retried-first-time"] = new AmqpTimestamp(60),
            },
        }), ParkCause.Failed(new InvalidOperationException("mine"), 5, firstTime: null));

        Assert.Equal(("shop", "order.made"), (message.Headers["x-parked-exchange"], message.Headers["x-parked-routing-key"]));
        Assert.Equal(("ann", 1500L), (message.Headers["x-parked-user-id"], message.Headers["x-parked-expiration"]));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMinutes(1), message.Headers["x-parked-first-time"]);
        Assert.DoesNotContain(message.Headers.Keys, name => name.StartsWith("x-retried", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_body_that_could_not_be_published_could_still_be_parked()
    {
        var message = await ParkAsync(Deliveries.New(body: new byte[100]), ParkCause.TooLarge("has 100 bytes"));

        Assert.True(message.IsCopy);
        Assert.Equal(("too-large", "has 100 bytes"), (message.Headers["x-parked-reason"], message.Headers["x-parked-excess"]));
    }

    [Theory]
    [InlineData(PublishOutcome.Rejected)]
    [InlineData(PublishOutcome.NotSent)]
    [InlineData(PublishOutcome.Unknown)]
    public async Task Only_a_confirm_makes_it_safe(PublishOutcome outcome)
    {
        _sent.Answers.Enqueue(() => new PublishResult(outcome, "m", 0, "why"));

        var failure = await _parking.TryParkAsync(Deliveries.New(), "aside", ParkCause.DeliveredTooOften(1), CancellationToken.None);

        Assert.Equal($"{outcome}: why", failure);
    }

    private static BasicProperties Wired(Message message)
    {
        var headers = new Dictionary<string, object?>();
        AmqpTable.CopyToDriver(message.Headers, headers);
        return new BasicProperties { Headers = headers };
    }

    private async Task<Message> ParkAsync(Delivery delivery, ParkCause? cause = null)
    {
        var failure = await _parking.TryParkAsync(delivery, "aside", cause ?? ParkCause.DeliveredTooOften(15), CancellationToken.None);
        Assert.Null(failure);
        var (queue, message) = Assert.Single(_sent.Sent);
        Assert.Equal("aside", queue);
        return message;
    }
}
