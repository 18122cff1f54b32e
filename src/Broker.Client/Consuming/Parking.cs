using System.Text;

namespace Broker.Client;

/// <summary>
/// Puts a message that cannot be handled aside: published to a queue of its own, confirmed, with the reason in its
/// headers. The caller acknowledges the original only after that.
/// </summary>
internal sealed class Parking(IPublisher publisher, BrokerTopology topology)
{
    public const string ReasonHeader = "x-parked-reason";
    public const string ExceptionHeader = "x-parked-exception";
    public const string ExceptionMessageHeader = "x-parked-exception-message";
    public const string AttemptsHeader = "x-parked-attempts";
    public const string QueueHeader = "x-parked-queue";
    public const string ExchangeHeader = "x-parked-exchange";
    public const string RoutingKeyHeader = "x-parked-routing-key";
    public const string UserIdHeader = "x-parked-user-id";
    public const string ExpirationHeader = "x-parked-expiration";

    private const int MessageCharacters = 1024;
    private static readonly TimeSpan s_orphanLife = TimeSpan.FromDays(7);

    // CC and BCC would send copies again, the counters are the broker's.
    private static readonly HashSet<string> s_notCarried =
        new(StringComparer.Ordinal) { "CC", "BCC", "x-delivery-count", "x-acquired-count" };

    public static string QueueFor(string queue, FailurePolicy policy) => policy.ParkingQueue ?? $"{queue}.failed";

    /// <summary>Refuses a queue beside which nothing could be parked: what fails there would be tried for ever.</summary>
    public static void Validate(string queue, ConsumerOptions options)
    {
        var parks = options.FailurePolicy.Then == FailureAction.Park && options.AckMode != AckMode.BeforeHandler;
        if (parks && Encoding.UTF8.GetByteCount(QueueFor(queue, options.FailurePolicy)) > Check.ShortStringBytes)
            throw new ArgumentException(
                $"Messages that fail would be parked in '{queue}.failed', which is longer than the {Check.ShortStringBytes} bytes "
                + "of a name. Name a shorter queue by FailurePolicy.Park(queue) or ThenPark(queue), or choose another policy.",
                nameof(queue));
    }

    /// <summary>Null when the message is safe in the queue; else why it is not.</summary>
    public async Task<string?> TryParkAsync(
        Delivery delivery, string parkingQueue, Exception? error, int attempts, CancellationToken cancellationToken)
    {
        try
        {
            var message = Copy(delivery, error, attempts);
            var result = await publisher.TrySendAsync(
                parkingQueue, message, options: null, cancellationToken).ConfigureAwait(false);
            if (result.Outcome == PublishOutcome.Returned)
            {
                await topology.DeclareQueueAsync(
                    parkingQueue, OptionsFor(delivery.Queue), cancellationToken).ConfigureAwait(false);
                result = await publisher.TrySendAsync(
                    parkingQueue, message, options: null, cancellationToken).ConfigureAwait(false);
            }

            return result.IsConfirmed ? null : $"{result.Outcome}: {result.ReplyText}";
        }
        catch (Exception failure) when (failure is BrokerException or ArgumentException)
        {
            return failure.Message;
        }
    }

    // The queue of a name that we made up is found by nobody later: what is parked beside it goes when it
    // was not looked at for a week.
    private static QueueOptions OptionsFor(string queue) =>
        queue.StartsWith(BrokerTopology.GeneratedPrefix, StringComparison.Ordinal)
            ? new QueueOptions { Expires = s_orphanLife }
            : new QueueOptions();

    private static Message Copy(Delivery delivery, Exception? error, int attempts)
    {
        var message = new Message(delivery.Body)
        {
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
        foreach (var (name, value) in delivery.Headers)
        {
            if (!s_notCarried.Contains(name))
                headers[name] = value;
        }

        headers[ReasonHeader] = error is null ? "delivery-count" : "handler";
        headers[AttemptsHeader] = attempts;
        headers[QueueHeader] = delivery.Queue;
        headers[ExchangeHeader] = delivery.Exchange;
        headers[RoutingKeyHeader] = delivery.RoutingKey;
        // As properties they would have the message refused (another user's name) or expire where it is parked.
        if (delivery.UserId is { } user)
            headers[UserIdHeader] = user;
        if (delivery.Expiration is { } expiration)
            headers[ExpirationHeader] = (long)expiration.TotalMilliseconds;
        if (error is not null)
        {
            headers[ExceptionHeader] = error.GetType().FullName;
            headers[ExceptionMessageHeader] =
                error.Message.Length > MessageCharacters ? error.Message[..MessageCharacters] : error.Message;
        }

        return message;
    }
}
