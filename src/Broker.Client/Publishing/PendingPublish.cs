using System.Threading.Tasks.Sources;

namespace Broker.Client;

/// <summary>
/// One publish from call to outcome, and the <see cref="ValueTask{TResult}"/> that its caller awaits. Ends exactly
/// once, whoever comes first: a confirm, the deadline, the caller's token or the end of the client.
/// </summary>
internal sealed class PendingPublish : IValueTaskSource<PublishResult>
{
    private const int Queued = 0;
    private const int Written = 1;
    private const int Ended = 2;

    private readonly bool _throws;
    private ManualResetValueTaskSourceCore<PublishResult> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private Exception? _error;
    private int _state;

    public PendingPublish(
        string exchange, string routingKey, Message message, bool mandatory, bool throws, long calledAt, long deadlineAt)
    {
        Exchange = exchange;
        RoutingKey = routingKey;
        Message = message;
        Mandatory = mandatory;
        MessageId = message.MessageId ?? Guid.NewGuid().ToString("N");
        CalledAt = calledAt;
        DeadlineAt = deadlineAt;
        Bytes = message.Body.Length;
        _throws = throws;
    }

    public string Exchange { get; }

    public string RoutingKey { get; }

    public Message Message { get; }

    public bool Mandatory { get; }

    public string MessageId { get; }

    /// <summary>Timestamps of the client's clock.</summary>
    public long CalledAt { get; }

    public long DeadlineAt { get; }

    public long WrittenAt { get; private set; }

    /// <summary>What it counts for in the window, fixed so that what was taken is given back.</summary>
    public int Bytes { get; }

    public bool HasEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Code and text of the <c>basic.return</c> that came before the confirm.</summary>
    public (ushort Code, string Text)? Returned { get; set; }

    /// <summary>To be called once, before the publish is handed to anyone else.</summary>
    public ValueTask<PublishResult> Start(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(
                static (self, token) => ((PendingPublish)self!).Cancel(token), this); // registered with itself
        return new ValueTask<PublishResult>(this, _core.Version);
    }

    /// <summary>The writer takes it, to write it now; false where it has ended meanwhile.</summary>
    public bool TryWrite(long now)
    {
        WrittenAt = now;
        return Interlocked.CompareExchange(ref _state, Written, Queued) != Ended;
    }

    /// <summary>It was taken, and the driver refused it before a byte was written.</summary>
    public void Unwrite() => Interlocked.CompareExchange(ref _state, Queued, Written);

    public void Confirm()
    {
        if (Returned is var (code, text))
            End(PublishOutcome.Returned, code, text);
        else
            End(PublishOutcome.Confirmed, 0, null);
    }

    /// <summary>Gives it up: not sent where it was never written, else unknown.</summary>
    public void GiveUp(string reason, Exception? error = null) => GiveUp(reason, reason, error);

    public void End(PublishOutcome outcome, ushort code, string? text, Exception? error = null)
    {
        if (Interlocked.Exchange(ref _state, Ended) != Ended)
            Complete(outcome, code, text, error);
    }

    // The state that is answered for is the one that was left: the writer may take the message at this very moment.
    private void GiveUp(string ifQueued, string ifWritten, Exception? error)
    {
        var state = Volatile.Read(ref _state);
        while (state != Ended)
        {
            var before = state;
            state = Interlocked.CompareExchange(ref _state, Ended, before);
            if (state != before)
                continue;
            if (before == Queued)
                Complete(PublishOutcome.NotSent, 0, ifQueued, error);
            else
                Complete(PublishOutcome.Unknown, 0, ifWritten, error);
            return;
        }
    }

    private void Complete(PublishOutcome outcome, ushort code, string? text, Exception? error)
    {
        _registration.Unregister();
        _error = error;
        _core.SetResult(new PublishResult(outcome, MessageId, code, text));
    }

    PublishResult IValueTaskSource<PublishResult>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        if (!_throws || result.IsConfirmed)
            return result;
        if (_error is OperationCanceledException cancelled)
            throw new OperationCanceledException(result.ReplyText, cancelled.CancellationToken);
        if (_error is ObjectDisposedException)
            throw new ObjectDisposedException(nameof(BrokerClient), result.ReplyText);
        throw ToException(result);
    }

    ValueTaskSourceStatus IValueTaskSource<PublishResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<PublishResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token) => GiveUp(
        "The wait was cancelled before the message was written: it was not sent.",
        "The wait was cancelled after the message was written: it may still arrive.",
        new OperationCanceledException(token));

    private PublishException ToException(PublishResult result)
    {
        var target = Exchange.Length == 0 ? $"queue '{RoutingKey}'" : $"exchange '{Exchange}' with key '{RoutingKey}'";
        var what = result.Outcome switch
        {
            PublishOutcome.Returned =>
                $"was returned ({result.ReplyCode} {result.ReplyText}): no queue takes it. "
                + "Declare the queue or the binding first.",
            PublishOutcome.Rejected => $"was rejected: {result.ReplyText}",
            PublishOutcome.NotSent => $"was not sent: {result.ReplyText}",
            _ => $"has an unknown outcome: {result.ReplyText} "
                + "It may have arrived; sending it again under the same message id may make a duplicate.",
        };
        // A returned or refused message meets the same answer again; a full queue and a missing connection may pass.
        var transient = result.Outcome is PublishOutcome.NotSent or PublishOutcome.Unknown
            ? _error is not BrokerException error || error.IsTransient
            : result is { Outcome: PublishOutcome.Rejected, ReplyCode: 0 };
        return new PublishException($"Message {MessageId} to {target} {what}", result, Message, transient, _error);
    }
}
