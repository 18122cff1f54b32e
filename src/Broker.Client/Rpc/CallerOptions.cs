namespace Broker.Client;

/// <summary>How a client calls (<see cref="CallExtensions"/>).</summary>
public sealed record CallerOptions
{
    /// <summary>
    /// How long a call may take in all, waiting for a connection and for its turn included; 30 seconds by default.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many requests may be on their way without a reply; 4,096 by default. What comes beyond it waits its turn.
    /// </summary>
    public int Window { get; set; } = 4096;

    /// <summary>Refuses what cannot work, naming the property and what it may be.</summary>
    internal void Validate()
    {
        Check.Positive(Timeout, "CallerOptions.Timeout");
        Check.Range(Window, 1, 65_536, "CallerOptions.Window");
    }
}
