namespace Broker.Client;

/// <summary>
/// What the library reports of a broker: everything it throws is of this family, an argument error, or a cancellation.
/// </summary>
public abstract class BrokerException : Exception
{
    private protected BrokerException(
        string message, bool isTransient, ushort replyCode, string? replyText, Exception? innerException)
        : base(message, innerException)
    {
        IsTransient = isTransient;
        ReplyCode = replyCode;
        ReplyText = replyText;
    }

    /// <summary>Whether the same call may succeed later without anyone changing anything.</summary>
    public bool IsTransient { get; }

    /// <summary>The AMQP reply code that the broker gave (for instance 403, 404, 406), or 0 where it gave none.</summary>
    public ushort ReplyCode { get; }

    /// <summary>The text that the broker gave with <see cref="ReplyCode"/>.</summary>
    public string? ReplyText { get; }
}

/// <summary>Why there is no connection.</summary>
public enum ConnectionFailure
{
    /// <summary>No host answered: name not found, connection refused, or no answer in time.</summary>
    Unreachable,

    /// <summary>The broker refused the user name or password, or the login mechanism.</summary>
    AuthenticationFailed,

    /// <summary>The virtual host does not exist.</summary>
    VirtualHostNotFound,

    /// <summary>The user may not use the virtual host.</summary>
    AccessRefused,

    /// <summary>The TLS handshake failed: the certificate did not pass, or one side does not speak TLS.</summary>
    TlsFailed,

    /// <summary>There was a connection, and it is gone.</summary>
    Lost,

    /// <summary>An operation was not answered in time.</summary>
    Timeout,
}

/// <summary>There is no connection to the broker, for the reason in <see cref="Reason"/>.</summary>
public sealed class BrokerConnectionException : BrokerException
{
    internal BrokerConnectionException(
        ConnectionFailure reason, string message, ushort replyCode = 0, string? replyText = null,
        Exception? innerException = null)
        : base(
            message,
            reason is ConnectionFailure.Unreachable or ConnectionFailure.Lost or ConnectionFailure.Timeout,
            replyCode, replyText, innerException) =>
        Reason = reason;

    /// <summary>What went wrong.</summary>
    public ConnectionFailure Reason { get; }
}

/// <summary>The broker refused a declaration, a binding, a look-up or another operation on a queue or an exchange.</summary>
public sealed class TopologyException : BrokerException
{
    internal TopologyException(
        string message, bool isTransient, ushort replyCode, string? replyText, Exception? innerException = null)
        : base(message, isTransient, replyCode, replyText, innerException)
    {
    }
}

/// <summary>A publish ended in another outcome than <see cref="PublishOutcome.Confirmed"/>.</summary>
public sealed class PublishException : BrokerException
{
    internal PublishException(
        string message, PublishResult result, Message publishedMessage, bool isTransient, Exception? innerException)
        : base(message, isTransient, result.ReplyCode, result.ReplyText, innerException)
    {
        Result = result;
        PublishedMessage = publishedMessage;
    }

    /// <summary>How it ended.</summary>
    public PublishOutcome Outcome => Result.Outcome;

    /// <summary>How it ended, with the message id and the broker's words.</summary>
    public PublishResult Result { get; }

    /// <summary>The message that was not confirmed.</summary>
    public Message PublishedMessage { get; }
}

/// <summary>
/// Of a stream of publishes some ended in another outcome than <see cref="PublishOutcome.Confirmed"/>, or the stream
/// broke off.
/// </summary>
public sealed class PublishManyException : BrokerException
{
    internal PublishManyException(long confirmed, IReadOnlyList<PublishException> failures, Exception? innerException)
        : base(
            $"Of {confirmed + failures.Count} messages {failures.Count} were not confirmed; the first: {failures[0].Message}"
            + (innerException is null ? "" : $" The stream broke off: {innerException.Message}"),
            failures.All(failure => failure.IsTransient), failures[0].ReplyCode, failures[0].ReplyText,
            innerException ?? failures[0])
    {
        Confirmed = confirmed;
        Failures = failures;
    }

    /// <summary>How many were confirmed.</summary>
    public long Confirmed { get; }

    /// <summary>Those that were not, in the order of the stream, each with its message and its outcome.</summary>
    public IReadOnlyList<PublishException> Failures { get; }
}

/// <summary>
/// The body of a message is not what its reader took it for. It does not get better by waiting, so that a consumer does not
/// try such a message again: it goes straight to the end of the consumer's <see cref="FailurePolicy"/>.
/// </summary>
public sealed class UndecodableMessageException : BrokerException
{
    /// <summary>Of a reader of your own.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="wanted">What its body was taken for, for instance "JSON of Order".</param>
    /// <param name="innerException">What the reader says; its message becomes part of this one's.</param>
    public UndecodableMessageException(Delivery delivery, string wanted, Exception innerException)
        : base(
            $"Message {Checked(delivery, innerException).MessageId ?? "without an id"} of queue '{delivery.Queue}', with content type "
            + $"{(delivery.ContentType is { } type ? $"'{type}'" : "not set")}, is not {wanted}: {innerException.Message}",
            isTransient: false, 0, null, innerException) =>
        Delivery = delivery;

    /// <summary>The queue it was taken from.</summary>
    public string Queue => Delivery.Queue;

    /// <summary>Its id, or null where it has none.</summary>
    public string? MessageId => Delivery.MessageId;

    /// <summary>The MIME type that it names, or null where it names none.</summary>
    public string? ContentType => Delivery.ContentType;

    internal Delivery Delivery { get; }

    private static Delivery Checked(Delivery delivery, Exception innerException)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentNullException.ThrowIfNull(innerException);
        return delivery;
    }
}

/// <summary>Why a consumer cannot go on.</summary>
public enum ConsumerFailure
{
    /// <summary>The queue does not exist, and it was not declared by this client.</summary>
    QueueNotFound,

    /// <summary>The user may not read from the queue.</summary>
    AccessRefused,

    /// <summary>Another consumer or client has the queue for itself.</summary>
    ExclusiveUse,

    /// <summary>The broker refused the consumer's own settings, for instance its arguments.</summary>
    Refused,

    /// <summary>
    /// The handler threw and <see cref="FailurePolicy.Stop"/> was chosen; the inner exception is the handler's.
    /// </summary>
    HandlerFailed,

    /// <summary>
    /// The queue is there, but the broker cannot reach it: its node is down, or too many of them. A consumer could not begin; one
    /// that runs waits for the queue instead.
    /// </summary>
    QueueUnavailable,
}

/// <summary>A consumer has ended, or could not begin, for the reason in <see cref="Reason"/>.</summary>
public sealed class ConsumerException : BrokerException
{
    internal ConsumerException(
        ConsumerFailure reason, string queue, string message, ushort replyCode = 0, string? replyText = null,
        Exception? innerException = null)
        : base(message, isTransient: reason == ConsumerFailure.QueueUnavailable, replyCode, replyText, innerException)
    {
        Reason = reason;
        Queue = queue;
    }

    /// <summary>What went wrong.</summary>
    public ConsumerFailure Reason { get; }

    /// <summary>The queue it consumed from.</summary>
    public string Queue { get; }
}
