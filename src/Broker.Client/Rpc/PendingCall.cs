namespace Broker.Client;

/// <summary>
/// One call from its start to its end, and the task that its caller awaits. Ends once, whoever comes first.
/// </summary>
internal sealed class PendingCall(
    string exchange, string routingKey, Message message, TimeSpan timeout, long deadlineAt)
    : TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private CancellationTokenRegistration _registration;
    private Action<PendingCall>? _onCancelled;

    public string Exchange => exchange;

    public string RoutingKey => routingKey;

    public Message Message => message;

    /// <summary>A timestamp of the client's clock.</summary>
    public long DeadlineAt => deadlineAt;

    /// <summary>Of the table: its number on the wire, the channel it went to, and its place in the queue.</summary>
    public ulong Number { get; set; }

    public object? Channel { get; set; }

    public LinkedListNode<PendingCall>? Place { get; set; }

    /// <summary>As those see it who listen; null where nobody does.</summary>
    public Operation? Operation { get; set; }

    public bool HasEnded => Task.IsCompleted;

    private string Target =>
        exchange.Length == 0 ? $"queue '{routingKey}'" : $"exchange '{exchange}' with key '{routingKey}'";

    /// <summary>To be called once, before the call is handed to anyone else.</summary>
    public void CancelWith(Action<PendingCall> onCancelled, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return;
        _onCancelled = onCancelled;
        _registration = cancellationToken.UnsafeRegister(
            static (self, token) => ((PendingCall)self!).Cancel(token), this); // registered with itself
    }

    /// <summary>Whether the broker may mean this call, by what it says of the request that it refused.</summary>
    public bool Fits(string text) =>
        text.Contains($"exchange '{(exchange.Length == 0 ? "amq.default" : exchange)}' in vhost", StringComparison.Ordinal)
        || (message.UserId is { } user && text.Contains($"user_id property set to '{user}'", StringComparison.Ordinal))
        || text.Contains($"message size {message.Body.Length} ", StringComparison.Ordinal);

    /// <summary>False where it has ended already.</summary>
    public bool Answer(Reply reply)
    {
        _registration.Unregister();
        return RemoteError.Find(reply) is var (text, type)
            ? TrySetException(new CallException(
                CallFailure.RemoteError, exchange, routingKey,
                $"The call to {Target} failed at the other side: {text}{(type is null ? "" : $" ({type})")}",
                isTransient: false)
            {
                RemoteErrorType = type,
                RemoteErrorMessage = text,
                Reply = reply,
            })
            : TrySetResult(reply);
    }

    public void RefuseReply(long bytes, long limit) => Fail(
        CallFailure.ReplyTooLarge,
        $"had a reply of {bytes:N0} bytes, more than BrokerOptions.MaxInboundMessageBytes ({limit:N0}), which was dropped. "
            + "The request was handled. Raise the limit, or ask for less.",
        isTransient: false);

    public void Return(ushort code, string text) => Fail(
        CallFailure.Unroutable,
        $"was returned ({code} {text}): no queue takes it. Declare the queue or the binding, or start the server, "
            + "first.",
        isTransient: false, code, text);

    public void Reject(ushort code, string text) =>
        Fail(CallFailure.Rejected, $"was rejected: {text}", isTransient: false, code, text);

    public void Lose(string cause, Exception? error) => Fail(
        CallFailure.ConnectionLost,
        $"has lost its way back: {cause} The request may or may not have been handled; it is not sent again.",
        isTransient: true, error: error);

    public void TimeOut() => Fail(
        CallFailure.TimedOut,
        $"had no reply within {timeout.TotalSeconds:0.###} s. The request was sent, and may still be handled.",
        isTransient: true);

    public void GiveUp(string reason, Exception? error) => Fail(
        CallFailure.NotSent, $"was not sent: {reason}",
        isTransient: error is not BrokerException known || known.IsTransient, error: error);

    public void NotSentInTime(string why, Exception? error) =>
        GiveUp($"within its timeout of {timeout.TotalSeconds:0.###} s {why}", error);

    public void EndWithClient()
    {
        _registration.Unregister();
        if (TrySetException(new ObjectDisposedException(
            nameof(BrokerClient), "The client was disposed before the reply came.")))
            Bounded.ObserveLater(Task);
    }

    private void Cancel(CancellationToken token)
    {
        if (TrySetCanceled(token))
            _onCancelled!(this); // set with the registration
    }

    private void Fail(
        CallFailure reason, string what, bool isTransient, ushort code = 0, string? text = null, Exception? error = null)
    {
        _registration.Unregister();
        if (!HasEnded)
            TrySetException(new CallException(
                reason, exchange, routingKey, $"The call to {Target} {what}", isTransient, code, text, error));
    }
}
