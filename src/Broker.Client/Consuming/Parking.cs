using System.Text;

namespace Broker.Client;

/// <summary>
/// Puts a message that cannot be handled aside: published to a queue of its own, confirmed, with the reason in its
/// headers. The caller acknowledges the original only after that.
/// </summary>
internal sealed class Parking(IPublisher publisher, BrokerTopology topology, TimeProvider time)
{
    private const int MessageCharacters = 1024;
    private static readonly TimeSpan s_orphanLife = TimeSpan.FromDays(7);

    public static string QueueFor(string queue, FailurePolicy policy) => policy.ParkingQueue ?? $"{queue}.failed";

    /// <summary>Refuses a queue beside which nothing could be kept: what fails there would be tried for ever.</summary>
    public static void Validate(string queue, ConsumerOptions options)
    {
        var policy = options.FailurePolicy;
        var parks = policy.Then == FailureAction.Park && options.AckMode != AckMode.BeforeHandler;
        if (parks && IsTooLong(QueueFor(queue, policy)))
            throw new ArgumentException(
                $"Messages that fail would be parked in '{queue}.failed', which is longer than the {Check.ShortStringBytes} bytes "
                + "of a name. Name a shorter queue by FailurePolicy.Park(queue) or ThenPark(queue), or choose another policy.",
                nameof(queue));
        if (policy.Delays.FirstOrDefault(delay => IsTooLong(RetryQueues.NameFor(queue, delay))) is { Ticks: > 0 } wait)
            throw new ArgumentException(
                $"Messages that fail would wait in '{RetryQueues.NameFor(queue, wait)}', which is longer than the {Check.ShortStringBytes} "
                + "bytes of a name. Choose another policy than FailurePolicy.ThroughBroker, or a shorter name of the queue.",
                nameof(queue));

        static bool IsTooLong(string name) => Encoding.UTF8.GetByteCount(name) > Check.ShortStringBytes;
    }

    /// <summary>Null when the message is safe in the queue; else why it is not.</summary>
    public async Task<string?> TryParkAsync(
        Delivery delivery, string parkingQueue, ParkCause cause, CancellationToken cancellationToken)
    {
        try
        {
            var message = Copy(delivery, cause);
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
        GeneratedNames.IsOurs(queue) ? new QueueOptions { Expires = s_orphanLife } : new QueueOptions();

    private Message Copy(Delivery delivery, ParkCause cause)
    {
        var message = MessageCopy.Of(delivery, ParkedHeaders.UserId, ParkedHeaders.Expiration);
        var (reason, attempts, error, firstTime, excess) = cause;
        var headers = message.Headers;
        var now = time.GetUtcNow();
        headers[ParkedHeaders.Reason] = reason;
        headers[ParkedHeaders.Attempts] = attempts;
        headers[ParkedHeaders.Queue] = delivery.Queue;
        headers[ParkedHeaders.Exchange] = delivery.Exchange;
        headers[ParkedHeaders.RoutingKey] = delivery.RoutingKey;
        // Parked before, or tried before, it keeps the time of its first failure.
        if (!headers.TryGetValue(ParkedHeaders.FirstTime, out var first) || first is not DateTimeOffset)
            headers[ParkedHeaders.FirstTime] = delivery.FirstFailure ?? firstTime ?? now;
        headers[ParkedHeaders.LastTime] = now;
        headers.Remove(ParkedHeaders.Excess);
        if (excess is not null)
            headers[ParkedHeaders.Excess] = excess;
        headers.Remove(ParkedHeaders.Exception);
        headers.Remove(ParkedHeaders.ExceptionMessage);
        if (error is not null)
        {
            headers[ParkedHeaders.Exception] = error.GetType().FullName;
            headers[ParkedHeaders.ExceptionMessage] =
                error.Message.Length > MessageCharacters ? error.Message[..MessageCharacters] : error.Message;
        }

        return message;
    }
}
