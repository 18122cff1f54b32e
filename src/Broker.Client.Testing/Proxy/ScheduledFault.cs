namespace Broker.Client.Testing;

/// <summary>What a step of a <see cref="FaultSchedule"/> does to all connections that are open.</summary>
public enum ScheduledFault
{
    /// <summary>Ends them with a FIN.</summary>
    Close,

    /// <summary>Ends them with a RST.</summary>
    Reset,

    /// <summary>Passes nothing on for the step's duration.</summary>
    Stall,

    /// <summary>Drops everything for the step's duration, then ends them with a RST.</summary>
    Swallow,

    /// <summary>Delays everything by 20 ms, give or take 10, for the step's duration.</summary>
    Delay,

    /// <summary>Sends everything in pieces of 3 bytes for the step's duration.</summary>
    Slice,

    /// <summary>Refuses new connections for the step's duration, and ends those that are open.</summary>
    Refuse,
}
