namespace Broker.Client;

/// <summary>A message that was put aside, with what its headers tell of it.</summary>
public sealed class ParkedMessage
{
    internal ParkedMessage(Message message) => Message = message;

    /// <summary>
    /// The message as it would go home: its own properties and headers, without those that tell of the parking. Its time to
    /// live begins anew, and the name of another user than this client's is left out, which the broker would refuse.
    /// </summary>
    public Message Message { get; }

    /// <summary>
    /// Why: <c>handler</c> (it threw), <c>undecodable</c>, <c>too-large</c> (its body), <c>headers</c> (too many, too large or nested
    /// too deep), or <c>delivery-count</c> (it came back too often). Null for all but <see cref="Message"/> where the message is none that was parked.
    /// </summary>
    public string? Reason { get; internal init; }

    /// <summary>The full name of the type of the last exception; null where there was none.</summary>
    public string? ExceptionType { get; internal init; }

    /// <summary>The message of the last exception, up to 1,024 characters; null where there was none.</summary>
    public string? ExceptionMessage { get; internal init; }

    /// <summary>How often it was handled, or, for <c>delivery-count</c>, had come back; null where it is not told.</summary>
    public int? Attempts { get; internal init; }

    /// <summary>
    /// When it failed first, in whole seconds; kept where it is parked again. Where the broker did the waiting
    /// (<see cref="QueueOptions.DelayedRetry"/>), the time of its last failure.
    /// </summary>
    public DateTimeOffset? FirstTime { get; internal init; }

    /// <summary>When it was parked last, in whole seconds.</summary>
    public DateTimeOffset? LastTime { get; internal init; }

    /// <summary>The queue it was taken from, which is where it goes home to.</summary>
    public string? Queue { get; internal init; }

    /// <summary>The exchange it was published to; empty for the default exchange.</summary>
    public string? Exchange { get; internal init; }

    /// <summary>The routing key it was published with.</summary>
    public string? RoutingKey { get; internal init; }
}
