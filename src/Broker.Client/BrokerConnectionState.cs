namespace Broker.Client;

/// <summary>How a client stands with its broker: the worse of its open connections.</summary>
public enum BrokerConnectionState
{
    /// <summary>Nothing has needed a connection yet, or the very first attempt is still under way.</summary>
    Idle,

    /// <summary>Connected; everything works.</summary>
    Connected,

    /// <summary>
    /// Connected, and the broker takes no publishes for want of memory or disk
    /// (<c>connection.blocked</c>). Consuming goes on.
    /// </summary>
    Blocked,

    /// <summary>No connection yet, or none any more; another attempt is under way or due.</summary>
    Connecting,

    /// <summary>
    /// No connection, for a reason that waiting does not mend: login, virtual host, access or TLS. Attempts go on
    /// slowly, and what waits for a connection fails at once with the reason.
    /// </summary>
    Faulted,

    /// <summary>Disposed.</summary>
    Closed,
}

/// <summary>A change of <see cref="BrokerClient.State"/>.</summary>
public sealed class BrokerStateChangedEventArgs : EventArgs
{
    internal BrokerStateChangedEventArgs(
        BrokerConnectionState previous, BrokerConnectionState current, BrokerException? cause, string? reason)
    {
        Previous = previous;
        Current = current;
        Cause = cause;
        Reason = reason;
    }

    /// <summary>The state before.</summary>
    public BrokerConnectionState Previous { get; }

    /// <summary>The state now.</summary>
    public BrokerConnectionState Current { get; }

    /// <summary>The error behind the change; null where it was none.</summary>
    public BrokerException? Cause { get; }

    /// <summary>
    /// The cause in words: the error's message, or the alarm that blocks publishing; null where
    /// there is nothing to say.
    /// </summary>
    public string? Reason { get; }
}
