using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>
/// A <see cref="FailurePolicy"/> in a file: a word (<c>Park</c>, <c>DeadLetter</c>, <c>Requeue</c>, <c>Discard</c>,
/// <c>Stop</c>) for a policy without a second attempt, or keys.
/// </summary>
internal sealed record PolicyParts
{
    private static readonly KeyTable<PolicyParts> s_table = new()
    {
        { nameof(Attempts), (parts, value) => parts.Attempts = value.Whole<int>() },
        { nameof(Delay), (parts, value) => parts.Delay = value.Time() },
        { nameof(MaxDelay), (parts, value) => parts.MaxDelay = value.Time() },
        { nameof(ThroughBroker), (parts, value) => parts.ThroughBroker = value.Flag() },
        { nameof(Then), (parts, value) => parts.Then = value.Word<Ending>() },
        { nameof(ParkingQueue), (parts, value) => parts.ParkingQueue = value.Text },
    };

    private enum Ending
    {
        Park,
        DeadLetter,
        Requeue,
        Discard,
        Stop,
    }

    private int Attempts { get; set; } = 5;

    private TimeSpan? Delay { get; set; }

    private TimeSpan? MaxDelay { get; set; }

    private bool ThroughBroker { get; set; }

    private Ending Then { get; set; }

    private string? ParkingQueue { get; set; }

    public static void Bind(ConsumerOptions options, IConfigurationSection section, ICollection<string> failures)
    {
        var parts = new PolicyParts();
        try
        {
            var before = failures.Count;
            if (section.Value is not null)
                (parts.Attempts, parts.Then) = (1, new ConfiguredValue(section).Word<Ending>());
            else
                s_table.Bind(section, parts, failures);
            if (failures.Count == before)
                options.FailurePolicy = parts.ToPolicy();
        }
        catch (FormatException wrong)
        {
            failures.Add(wrong.Message);
        }
        catch (Exception wrong) when (wrong is ArgumentException or InvalidOperationException)
        {
            failures.Add($"{section.Path}: {wrong.Message}");
        }
    }

    private FailurePolicy ToPolicy()
    {
        var isOnce = Attempts == 1 && Delay is null && MaxDelay is null;
        var policy = isOnce ? FailurePolicy.Discard : FailurePolicy.Retry(Attempts, Delay, MaxDelay);
        if (ThroughBroker)
            policy = policy.ThroughBroker();
        if (ParkingQueue is not null && Then != Ending.Park)
            throw new ArgumentException($"{nameof(ParkingQueue)} is for {nameof(Then)} = {Ending.Park}, and not for {Then}.");
        return Then switch
        {
            Ending.DeadLetter => policy.ThenDeadLetter(),
            Ending.Requeue => policy.ThenRequeue(),
            Ending.Discard => policy.ThenDiscard(),
            Ending.Stop => policy.ThenStop(),
            _ => policy.ThenPark(ParkingQueue),
        };
    }
}
