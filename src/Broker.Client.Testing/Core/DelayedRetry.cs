namespace Broker.Client.Testing;

/// <summary>x-delayed-retry-*: which of what comes back waits, and how long. What RabbitMQ cannot read it overlooks.
/// </summary>
internal sealed record DelayedRetry(bool DelaysFailed, bool DelaysReturned, long Min, long Most)
{
    // As long as a queue may live, and short enough for the calendar.
    private const long Longest = 100L * 365 * 24 * 3600 * 1000;

    public static DelayedRetry? Of(IReadOnlyDictionary<string, object?> arguments)
    {
        if (ArgumentText.IntegerOf(arguments.GetValueOrDefault("x-delayed-retry-min")) is not (>= 0 and var min))
            return null;
        var most = ArgumentText.IntegerOf(arguments.GetValueOrDefault("x-delayed-retry-max")) ?? Longest;
        return arguments.GetValueOrDefault("x-delayed-retry-type") switch
        {
            "all" => new(true, true, min, most),
            "failed" => new(true, false, min, most),
            "returned" => new(false, true, min, most),
            _ => null,
        };
    }

    /// <summary>Null where it does not wait. It waits longer each time that it has failed.</summary>
    public TimeSpan? DelayOf(bool failed, int deliveryCount) => (failed ? DelaysFailed : DelaysReturned)
        ? TimeSpan.FromMilliseconds(
            Math.Min(Math.Min(Min, Longest) * Math.Max(1, deliveryCount), Math.Min(Most, Longest)))
        : null;
}
