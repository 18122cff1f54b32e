namespace Broker.Client;

/// <summary>How a publish ended. Every publish ends in exactly one of these, by its deadline.</summary>
public enum PublishOutcome
{
    /// <summary>
    /// The broker has taken responsibility (<c>basic.ack</c>). For a mandatory message that means it is in at least one
    /// queue; for one that is not mandatory it may also mean that it was routed nowhere.
    /// </summary>
    Confirmed,

    /// <summary>
    /// The message was mandatory and no queue was bound for it (<c>basic.return</c>); the broker has dropped it.
    /// </summary>
    Returned,

    /// <summary>
    /// The broker refused it: <c>basic.nack</c> (for instance a full queue with
    /// <see cref="QueueOverflow.RejectPublish"/>), or an error about this message such as a missing exchange (404), no
    /// permission (403) or a message that is too large (406).
    /// </summary>
    Rejected,

    /// <summary>It was never written to a connection, so that sending it again makes no duplicate.</summary>
    NotSent,

    /// <summary>It was written, and its confirm did not come before the deadline: it may or may not have arrived.</summary>
    Unknown,
}

/// <summary>How a publish ended, and under which message id.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="MessageId">The id that the message carried: its own, or the one made for it.</param>
/// <param name="ReplyCode">
/// The broker's code where it gave one (312 for a returned message, 404, 403, 406 for a refused one), else 0.
/// </param>
/// <param name="ReplyText">The broker's text, or the reason in the library's words; null when confirmed.</param>
public readonly record struct PublishResult(
    PublishOutcome Outcome, string MessageId, ushort ReplyCode = 0, string? ReplyText = null)
{
    /// <summary>True when <see cref="Outcome"/> is <see cref="PublishOutcome.Confirmed"/>.</summary>
    public bool IsConfirmed => Outcome == PublishOutcome.Confirmed;
}
