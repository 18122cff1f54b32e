namespace Broker.Client.Testing;

/// <summary>A list of faults to play one after the other: <see cref="FaultProxy.PlayAsync"/>.</summary>
public sealed class FaultSchedule
{
    /// <summary>A schedule of these steps.</summary>
    public FaultSchedule(params IReadOnlyList<FaultStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        Steps = [.. steps];
    }

    /// <summary>The steps, in order.</summary>
    public IReadOnlyList<FaultStep> Steps { get; }

    /// <summary>A schedule of <paramref name="count"/> steps that is the same for the same arguments, on every machine
    /// and in every run. Print the seed where a test fails.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="count">How many steps.</param>
    /// <param name="faults">What to choose from; all by default.</param>
    /// <param name="longest">The longest wait and the longest duration of a step; 500 ms by default.</param>
    public static FaultSchedule Random(int seed, int count, IReadOnlyList<ScheduledFault>? faults = null,
        TimeSpan? longest = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var choice = faults ?? Enum.GetValues<ScheduledFault>();
        var most = (int)(longest ?? TimeSpan.FromMilliseconds(500)).TotalMilliseconds;
        // A Random with a seed is documented to yield the same numbers; only without one it may change.
        var random = new Random(seed);
        return new FaultSchedule([.. Enumerable.Range(0, count).Select(_ => Step(random, choice, most))]);
    }

    /// <summary>The steps, one on each line.</summary>
    public override string ToString() => string.Join('\n', Steps);

    private static FaultStep Step(Random random, IReadOnlyList<ScheduledFault> choice, int most)
    {
        var trigger = (FaultTrigger)random.Next(3);
        var after = trigger switch
        {
            FaultTrigger.Time => random.Next(most + 1),
            FaultTrigger.Bytes => random.Next(20_000),
            _ => random.Next(1, 400),
        };
        var fault = choice[random.Next(choice.Count)];
        return new FaultStep(trigger, after, fault, TimeSpan.FromMilliseconds(random.Next(most + 1)));
    }
}
