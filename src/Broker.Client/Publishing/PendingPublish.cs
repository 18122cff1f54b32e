using System.Threading.Tasks.Sources;

namespace Broker.Client;

/// <summary>
/// One publish from call to outcome, and the <see cref="ValueTask{TResult}"/> that its caller awaits. Ends exactly
/// once, whoever comes first: a confirm, the deadline, the caller's token or the end of the client. Used again when both
/// its holders have let it go: the lane, and the caller, by taking the result.
/// </summary>
internal sealed class PendingPublish(PublishPool? pool = null) : IValueTaskSource<PublishResult>
{
    private const int Queued = 0;
    private const int Written = 1;
    private const int Ended = 2;

    private const int Caller = 1;
    private const int Lane = 2;

    private ManualResetValueTaskSourceCore<PublishResult> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private Action<int>? _ended;
    private Exception? _error;
    private bool _throws;
    private HeldFailure? _held;
    private bool _mayReturn;
    private int _state;
    private int _holders;

    public Publication Publication { get; private set; }

    public string Exchange => Publication.Exchange;

    public bool Mandatory { get; private set; }

    public string MessageId { get; private set; } = "";

    /// <summary>Timestamps of the client's clock.</summary>
    public long CalledAt { get; private set; }

    public long DeadlineAt { get; private set; }

    public long WrittenAt { get; private set; }

    /// <summary>How often it was written.</summary>
    public int Attempts { get; private set; }

    /// <summary>What it counts for in the window, fixed so that what was taken is given back.</summary>
    public int Bytes { get; private set; }

    /// <summary>As those see it who listen; null where nobody does.</summary>
    public Operation? Operation { get; set; }

    public bool HasEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Code and text of the <c>basic.return</c> that came before the confirm.</summary>
    public (ushort Code, string Text)? Returned { get; set; }

    /// <summary>To be called first.</summary>
    /// <param name="publication">What is published.</param>
    /// <param name="throws">Whether another outcome than a confirm is an exception.</param>
    /// <param name="calledAt">Timestamp of the client's clock.</param>
    /// <param name="deadlineAt">The same.</param>
    /// <param name="ended">Called, with <see cref="Bytes"/>, after the result is there; by whoever ends it.</param>
    /// <param name="held">Where what is to be thrown is put in place of being thrown.</param>
    public PendingPublish Prepare(
        in Publication publication, bool throws, long calledAt, long deadlineAt, Action<int>? ended = null,
        HeldFailure? held = null)
    {
        Publication = publication;
        Mandatory = publication.Options?.Mandatory ?? publication.Exchange.Length == 0;
        MessageId = publication.Message.MessageId ?? MessageIds.Next();
        CalledAt = calledAt;
        DeadlineAt = deadlineAt;
        Bytes = publication.Message.Body.Length;
        Attempts = 0;
        Returned = null;
        _throws = throws;
        _ended = ended;
        _held = held;
        _error = null;
        _registration = default;
        _mayReturn = true;
        _holders = Caller | Lane;
        Volatile.Write(ref _state, Queued);
        return this;
    }

    /// <summary>To be called once, before the publish is handed to anyone else.</summary>
    public ValueTask<PublishResult> Start(CancellationToken cancellationToken)
    {
        var result = new ValueTask<PublishResult>(this, _core.Version);
        if (cancellationToken.CanBeCanceled)
            _registration = cancellationToken.UnsafeRegister(
                static (self, token) => ((PendingPublish)self!).Cancel(token), this); // registered with itself
        return result;
    }

    /// <summary>The writer takes it, to write it now; false where it has ended meanwhile.</summary>
    public bool TryWrite(long now)
    {
        WrittenAt = now;
        Attempts++;
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

    /// <summary>The lane is done with it, and must not touch it again: it may be another publish by then.</summary>
    public void Forget() => LetGo(Lane);

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
        // A token that fires at this moment calls back into this object, which must then not become another publish.
        if (_registration != default && !_registration.Unregister())
            _mayReturn = false;
        _error = error;
        // What is given up may be so under a lock, where nobody's code is called.
        if (outcome is PublishOutcome.NotSent or PublishOutcome.Unknown)
            Operation?.EndSoon(outcome.ToString());
        else
            Operation?.End(outcome == PublishOutcome.Confirmed ? null : outcome.ToString(), isAnswered: true);
        var (ended, bytes) = (_ended, Bytes); // after the result it may be another publish
        _core.SetResult(new PublishResult(outcome, MessageId, code, text));
        ended?.Invoke(bytes);
    }

    PublishResult IValueTaskSource<PublishResult>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        var failure = !_throws || result.IsConfirmed ? null : PublishFailure.Of(Publication, result, _error);
        var held = _held;
        if (!LetGo(Caller))
            throw new InvalidOperationException("The ValueTask of a publish is awaited once; use AsTask() to await it more often.");
        if (held is null)
            return failure is null ? result : throw failure;
        held.Failure = failure;
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<PublishResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<PublishResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>False where this holder had let it go before.</summary>
    private bool LetGo(int holder)
    {
        var before = Interlocked.And(ref _holders, ~holder);
        if (before == holder && pool is not null && _mayReturn)
        {
            Publication = default;
            Operation = null;
            _registration = default;
            _ended = null;
            _held = null;
            _error = null;
            _core.Reset();
            pool.Return(this);
        }

        return (before & holder) != 0;
    }

    private void Cancel(CancellationToken token) => GiveUp(
        "The wait was cancelled before the message was written: it was not sent.",
        "The wait was cancelled after the message was written: it may still arrive.",
        new OperationCanceledException(token));
}
