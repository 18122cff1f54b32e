namespace Broker.Client;

/// <summary>
/// What becomes of a message whose handler threw. The default, <c>FailurePolicy.Retry(attempts: 5).ThenPark()</c>,
/// loses nothing: the handler is tried again where it is, then the message is published to <c>&lt;queue&gt;.failed</c>
/// with a confirm, and only then acknowledged.
/// </summary>
public sealed record FailurePolicy
{
    /// <summary>
    /// How long all waits of a retry may be together: the message keeps its place and its prefetch slot for as long.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

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

    internal TimeSpan Delay { get; }

    internal TimeSpan MaxDelay { get; }

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
    /// <param name="attempts">How often the handler runs in all; 5 by default.</param>
    /// <param name="delay">The wait before the second attempt; 0.5 seconds by default. It doubles with each further one.</param>
    /// <param name="maxDelay">Where the doubling ends; 10 seconds by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The waits together come to more than a minute: longer ones are the broker's work, not a lane's.
    /// </exception>
    public static FailurePolicy Retry(int attempts = 5, TimeSpan? delay = null, TimeSpan? maxDelay = null)
    {
        Check.Range(attempts, 2, 100, nameof(attempts));
        var first = delay ?? TimeSpan.FromSeconds(0.5);
        var cap = maxDelay ?? (first > TimeSpan.FromSeconds(10) ? first : TimeSpan.FromSeconds(10));
        ArgumentOutOfRangeException.ThrowIfLessThan(first, TimeSpan.Zero, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, s_patience, nameof(delay));
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, first, nameof(maxDelay));
        var policy = new FailurePolicy(FailureAction.Park, attempts, first, cap);
        var total = TimeSpan.Zero;
        for (var failed = 1; failed < attempts; failed++)
            total += policy.DelayAfter(failed);
        return total <= s_patience
            ? policy
            : throw new ArgumentOutOfRangeException(
                nameof(delay),
                $"{attempts} attempts with these delays wait {total.TotalSeconds:0} s in all, "
                    + "and the message would hold its prefetch slot for as long. Keep it under a minute.");
    }

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
