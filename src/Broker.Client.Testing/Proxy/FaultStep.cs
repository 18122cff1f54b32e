namespace Broker.Client.Testing;

/// <summary>What starts a step of a <see cref="FaultSchedule"/>.</summary>
public enum FaultTrigger
{
    /// <summary>Time has passed.</summary>
    Time,

    /// <summary>Bytes have passed in one direction of one connection.</summary>
    Bytes,

    /// <summary>Frames have passed, in both directions and over all connections.</summary>
    Frames,
}

/// <summary>A step of a <see cref="FaultSchedule"/>.</summary>
/// <param name="Trigger">What is waited for.</param>
/// <param name="After">How much of it: milliseconds, bytes or frames.</param>
/// <param name="Fault">What happens then.</param>
/// <param name="Duration">How long a fault that lasts does so.</param>
public sealed record FaultStep(FaultTrigger Trigger, long After, ScheduledFault Fault, TimeSpan Duration = default);
