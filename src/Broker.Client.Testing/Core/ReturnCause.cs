namespace Broker.Client.Testing;

/// <summary>How a message came back to its queue: quorum queues count by it.</summary>
internal enum ReturnCause
{
    Nack,
    Reject,
    Recover,

    /// <summary>The channel or the connection that held it ended.</summary>
    Lost,

    /// <summary>It was held for too long, and taken back.</summary>
    Timeout,
}
