using System.Collections.Immutable;

namespace Broker.Client;

/// <summary>
/// What becomes of a message whose handler threw. The default, <c>FailurePolicy.Retry(attempts: 5).ThenPark()</c>,
/// loses nothing: the handler is tried again where it is, then the message is published to <c>&lt;queue&gt;.failed</c>
/// with a confirm, and only then acknowledged.
/// </summary>
/// <remarks>
/// <para>What cannot get better is not tried again: an <see cref="UndecodableMessageException"/>, and what
/// <see cref="Except{TException}"/> names. A message larger than <see cref="BrokerOptions.MaxInboundMessageBytes"/>, or beyond the
/// limits of <see cref="ConsumerOptions"/>, is not handed out at all. These go straight to the policy's end.</para>
/// <para>A handler that takes its process down with it is bounded by the broker's own count alone: a quorum queue counts such
/// deliveries (<c>x-delivery-count</c>), and at 15 the message is put aside. A classic queue has no counter, and hands such
/// a message out for ever.</para>
/// </remarks>
public sealed record FailurePolicy
{
    /// <summary>
    /// How long all waits of a retry may be together: the message keeps its place and its prefetch slot for as long.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_shortestThroughBroker = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(24);

    private FailurePolicy(
        FailureAction then, int attempts = 1, TimeSpan delay = default, TimeSpan maxDelay = default,
        string? parkingQueue = null)
    {
        Then = then;
        Attempts = attempts;
        Delay = delay;
        MaxDelay = maxDelay;
        ParkingQueue = parkingQueue;
    }

    internal FailureAction Then { get; private init; }

    internal int Attempts { get; }

    internal TimeSpan Delay { get; private init; }

    internal TimeSpan MaxDelay { get; private init; }

    internal bool IsThroughBroker { get; private init; }

    /// <summary>The waits that the policy asks the broker for, each once.</summary>
    internal IReadOnlyList<TimeSpan> Delays =>
        IsThroughBroker ? [.. Enumerable.Range(1, Attempts - 1).Select(DelayAfter).Distinct()] : [];

    private ImmutableArray<Type> Final { get; init; } = [];

    internal string? ParkingQueue { get; private init; }

    /// <summary>Five attempts in the lane, about eight seconds in all, then parked: the default.</summary>
    public static FailurePolicy Default { get; } = Retry();

    /// <summary>
    /// To the queue's dead-letter exchange, by <c>basic.reject</c>. A client cannot see whether the queue has one;
    /// where it has none, the broker drops the message.
    /// </summary>
    public static FailurePolicy DeadLetter { get; } = new(FailureAction.DeadLetter);

    /// <summary>
    /// Back to the queue at once, by <c>basic.reject</c>; a message that was delivered before waits a second
    /// first. A quorum queue of RabbitMQ 4 gives a message up after 20 such failures, so one that has come
    /// back 15 times is parked instead.
    /// </summary>
    public static FailurePolicy Requeue { get; } = new(FailureAction.Requeue);

    /// <summary>Acknowledged as if it had been handled, and logged.</summary>
    public static FailurePolicy Discard { get; } = new(FailureAction.Discard);

    /// <summary>
    /// As in pika: the consumer ends, <see cref="Consumer.Completion"/> faults with the exception, and the
    /// message goes back to the queue.
    /// </summary>
    public static FailurePolicy Stop { get; } = new(FailureAction.Stop);

    /// <summary>Parked at the first failure.</summary>
    /// <param name="queue">
    /// The queue to park in; null means <c>&lt;queue&gt;.failed</c>. It is declared where it does not exist.
    /// </param>
    public static FailurePolicy Park(string? queue = null)
    {
        if (queue is not null)
            Check.NotEmpty(queue);
        return new FailurePolicy(FailureAction.Park, parkingQueue: queue);
    }

    /// <summary>
    /// Tries again where it is, keeping order and prefetch slot, then parks; <see cref="ThenDeadLetter"/>
    /// and the like end it otherwise.
    /// </summary>
    /// <remarks>
    /// The waits may come to a minute together, for which the message holds its prefetch slot; a consumer refuses a policy
    /// with longer ones. Those are the broker's work: <see cref="ThroughBroker"/>.
    /// </remarks>
    /// <param name="attempts">How often the handler runs in all; 5 by default.</param>
    /// <param name="delay">
    /// The wait before the second attempt, in whole milliseconds; 0.5 seconds by default, and 24 hours at the most. It doubles
    /// with each further one.
    /// </param>
    /// <param name="maxDelay">Where the doubling ends; 10 seconds by default.</param>
    public static FailurePolicy Retry(int attempts = 5, TimeSpan? delay = null, TimeSpan? maxDelay = null)
    {
        Check.Range(attempts, 2, 100, nameof(attempts));
        var first = delay ?? TimeSpan.FromSeconds(0.5);
        var cap = maxDelay ?? (first > TimeSpan.FromSeconds(10) ? first : TimeSpan.FromSeconds(10));
        ArgumentOutOfRangeException.ThrowIfLessThan(first, TimeSpan.Zero, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, s_longest, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, first, nameof(maxDelay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cap, s_longest, nameof(maxDelay));
        return new FailurePolicy(FailureAction.Park, attempts, first, cap);
    }

    /// <summary>
    /// Waits between the attempts in the broker, and not in the consumer: the message gives its prefetch slot and its place
    /// up, others are handled meanwhile, and it comes back to the end of its queue.
    /// </summary>
    /// <remarks>
    /// <para>Each wait is at least one second here, in whole milliseconds, and 24 hours at the most. For each different one there is a
    /// queue <c>&lt;queue&gt;.retry.&lt;milliseconds&gt;</c> beside the consumer's, declared when the consumer starts; a message goes there as
    /// <see cref="Delivery.RetryAsync(TimeSpan)"/> tells. Attempts are counted in a header of the message.</para>
    /// <para>Where this client has declared the queue with <see cref="QueueOptions.DelayedRetry"/>, and the broker is RabbitMQ 4.3 or
    /// newer, the waits are those of the queue: the message is rejected, and the broker counts the attempts. At 15 it is put
    /// aside, whatever the policy says.</para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">The policy has no second attempt.</exception>
    public FailurePolicy ThroughBroker()
    {
        if (Attempts == 1)
            throw new InvalidOperationException("Only a policy that tries again can do so through the broker: FailurePolicy.Retry(...).ThroughBroker().");
        var delay = Delay < s_shortestThroughBroker ? s_shortestThroughBroker : Whole(Delay);
        return this with { IsThroughBroker = true, Delay = delay, MaxDelay = MaxDelay < delay ? delay : Whole(MaxDelay) };

        static TimeSpan Whole(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));
    }

    /// <summary>
    /// Does not try again after this exception, or one derived from it: the message goes straight to the policy's end. May
    /// be called for several.
    /// </summary>
    public FailurePolicy Except<TException>()
        where TException : Exception => this with { Final = Final.Add(typeof(TException)) };

    /// <summary>
    /// After the last attempt: parked in <paramref name="queue"/>, or in <c>&lt;queue&gt;.failed</c> when null.
    /// </summary>
    public FailurePolicy ThenPark(string? queue = null)
    {
        if (queue is not null)
            Check.NotEmpty(queue);
        return this with { Then = FailureAction.Park, ParkingQueue = queue };
    }

    /// <summary>After the last attempt: as <see cref="DeadLetter"/>.</summary>
    public FailurePolicy ThenDeadLetter() => this with { Then = FailureAction.DeadLetter, ParkingQueue = null };

    /// <summary>After the last attempt: as <see cref="Requeue"/>.</summary>
    public FailurePolicy ThenRequeue() => this with { Then = FailureAction.Requeue, ParkingQueue = null };

    /// <summary>After the last attempt: as <see cref="Discard"/>.</summary>
    public FailurePolicy ThenDiscard() => this with { Then = FailureAction.Discard, ParkingQueue = null };

    /// <summary>After the last attempt: as <see cref="Stop"/>.</summary>
    public FailurePolicy ThenStop() => this with { Then = FailureAction.Stop, ParkingQueue = null };

    /// <summary>Whether another attempt cannot help.</summary>
    internal bool IsFinal(Exception error) =>
        error is UndecodableMessageException || Final.Any(type => type.IsInstanceOfType(error));

    /// <summary>Refuses waits that a lane has not the patience for.</summary>
    internal void Validate()
    {
        var total = TimeSpan.Zero;
        for (var failed = 1; failed < Attempts && !IsThroughBroker; failed++)
            total += DelayAfter(failed);
        if (total > s_patience)
            throw new ArgumentException(
                $"ConsumerOptions.FailurePolicy waits {total.TotalSeconds:0} s in all for {Attempts} attempts, and the message would hold "
                + "its prefetch slot for as long. Keep it under a minute, or let the broker wait: FailurePolicy.Retry(...).ThroughBroker().",
                "options");
    }

    /// <summary>The wait after so many failed attempts.</summary>
    internal TimeSpan DelayAfter(int failed)
    {
        var ticks = Delay.Ticks * Math.Pow(2, failed - 1);
        return ticks >= MaxDelay.Ticks ? MaxDelay : TimeSpan.FromTicks((long)ticks);
    }
}

internal enum FailureAction
{
    Park,
    DeadLetter,
    Requeue,
    Discard,
    Stop,
}
