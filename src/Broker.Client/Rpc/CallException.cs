namespace Broker.Client;

/// <summary>Why a call ended without a reply that can be used.</summary>
public enum CallFailure
{
    /// <summary>
    /// No queue takes the request (<c>basic.return</c>); the broker has dropped it, and nobody has handled it.
    /// </summary>
    Unroutable,

    /// <summary>
    /// The request was sent, and no reply came in time: it may not have been handled, be in work, or have been handled.
    /// </summary>
    TimedOut,

    /// <summary>
    /// The connection or the channel was lost while the call waited for its reply, and with it the address of the
    /// reply. The request may or may not have been handled. It is not sent again, because handling it twice may do harm.
    /// </summary>
    ConnectionLost,

    /// <summary>
    /// The other side has answered that it failed; <see cref="CallException.RemoteErrorType"/> and
    /// <see cref="CallException.RemoteErrorMessage"/> say how.
    /// </summary>
    RemoteError,

    /// <summary>
    /// The broker refused the request: the exchange does not exist (404), no permission (403), or a property of the
    /// message that it does not accept (406). Nobody has handled it.
    /// </summary>
    Rejected,

    /// <summary>
    /// The request was never written to a connection, until its timeout or for a reason that waiting does not mend, so
    /// that calling again handles nothing twice.
    /// </summary>
    NotSent,

    /// <summary>
    /// A reply came that is larger than <see cref="BrokerOptions.MaxInboundMessageBytes"/>, and was dropped. The request was handled.
    /// </summary>
    ReplyTooLarge,
}

/// <summary>A call ended without a reply that can be used, for the reason in <see cref="Reason"/>.</summary>
public sealed class CallException : BrokerException
{
    internal CallException(
        CallFailure reason, string exchange, string routingKey, string message, bool isTransient, ushort replyCode = 0,
        string? replyText = null, Exception? innerException = null)
        : base(message, isTransient, replyCode, replyText, innerException)
    {
        Reason = reason;
        Exchange = exchange;
        RoutingKey = routingKey;
    }

    /// <summary>How the call ended.</summary>
    public CallFailure Reason { get; }

    /// <summary>The exchange that the request was for; empty for the default one, where the key names the queue.</summary>
    public string Exchange { get; }

    /// <summary>The routing key of the request, or the name of its queue.</summary>
    public string RoutingKey { get; }

    /// <summary>
    /// The type of the error in the words of the other side (for a server of this library the full name of the
    /// exception's type); null where it gave none, and for all reasons but <see cref="CallFailure.RemoteError"/>.
    /// </summary>
    public string? RemoteErrorType { get; internal init; }

    /// <summary>
    /// The message of the error at the other side; null for all reasons but <see cref="CallFailure.RemoteError"/>.
    /// </summary>
    public string? RemoteErrorMessage { get; internal init; }

    /// <summary>The reply that told of the error; null for all reasons but <see cref="CallFailure.RemoteError"/>.</summary>
    public Reply? Reply { get; internal init; }
}
