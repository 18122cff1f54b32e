namespace Broker.Client;

/// <summary>
/// Queues in which messages wait for their next attempt: <c>&lt;queue&gt;.retry.&lt;milliseconds&gt;</c>, of which each message
/// goes back to its own queue when its time is over. A delay of the broker's own needs none of them.
/// </summary>
internal sealed class RetryQueues(IPublisher publisher, BrokerTopology topology, TimeProvider time) : IRetryLater
{
    public const int MostDelays = 32;

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    // Of each queue the delays that were asked for, whether their queue could be declared or not.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<long>> _delays = new(StringComparer.Ordinal);

    public static string NameFor(string queue, TimeSpan delay) =>
        FormattableString.Invariant($"{queue}.retry.{(long)delay.TotalMilliseconds}");

    /// <summary>Declares what a policy needs, so that what is missing is told before the first failure.</summary>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public async Task PrepareAsync(string queue, FailurePolicy policy, CancellationToken cancellationToken)
    {
        if (await topology.DelaysRetriesAsync(queue, cancellationToken).ConfigureAwait(false))
            return;
        foreach (var delay in policy.Delays)
        {
            Note(queue, delay);
            await DeclareAsync(queue, delay, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask SendAsync(Delivery delivery, TimeSpan delay, CancellationToken cancellationToken)
    {
        var queue = delivery.Queue;
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, s_shortest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, s_longest);
        if (delay.Ticks % TimeSpan.TicksPerMillisecond != 0)
            throw new ArgumentOutOfRangeException(nameof(delay), delay, "A delay is in whole milliseconds.");
        if (Note(queue, delay))
            await DeclareAsync(queue, delay, cancellationToken).ConfigureAwait(false);

        var message = Copy(delivery);
        var name = NameFor(queue, delay);
        try
        {
            await publisher.SendAsync(name, message, options: null, cancellationToken).ConfigureAwait(false);
        }
        catch (PublishException returned) when (returned.Outcome == PublishOutcome.Returned)
        {
            // The delay queue was deleted.
            await DeclareAsync(queue, delay, cancellationToken).ConfigureAwait(false);
            await publisher.SendAsync(name, message, options: null, cancellationToken).ConfigureAwait(false);
        }
    }

    // True when it is new.
    private bool Note(string queue, TimeSpan delay)
    {
        lock (_lock)
        {
            if (!_delays.TryGetValue(queue, out var delays))
                _delays[queue] = delays = [];
            if (delays.Count == MostDelays && !delays.Contains((long)delay.TotalMilliseconds))
                throw new ArgumentOutOfRangeException(
                    nameof(delay), delay,
                    $"Queue '{queue}' has {MostDelays} different delays already, and each is a queue beside it. Choose among a few.");
            return delays.Add((long)delay.TotalMilliseconds);
        }
    }

    private async Task DeclareAsync(string queue, TimeSpan delay, CancellationToken cancellationToken)
    {
        var options = new QueueOptions { MessageTtl = delay, DeadLetterExchange = "", DeadLetterRoutingKey = queue };
        if (topology.IsExclusive(queue))
        {
            options.Exclusive = true; // both go with the client
        }
        else
        {
            options.DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce;
            options.Overflow = QueueOverflow.RejectPublish;
        }

        try
        {
            await topology.DeclareQueueAsync(NameFor(queue, delay), options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
                _delays[queue].Remove((long)delay.TotalMilliseconds);
            throw;
        }
    }

    private Message Copy(Delivery delivery)
    {
        var message = MessageCopy.Of(delivery, RetriedHeaders.UserId, RetriedHeaders.Expiration);
        var headers = message.Headers;
        // With its old deaths it would count as one that goes in circles, and RabbitMQ 3 drops those.
        headers.Remove("x-death");
        headers[RetriedHeaders.Count] = delivery.RetriedCount + 1;
        headers[RetriedHeaders.Queue] = delivery.Queue;
        headers[RetriedHeaders.Exchange] = delivery.Exchange;
        headers[RetriedHeaders.RoutingKey] = delivery.RoutingKey;
        headers[RetriedHeaders.FirstTime] = delivery.FirstFailure ?? time.GetUtcNow();
        return message;
    }
}
