namespace Broker.Client.Testing;

/// <summary>A classic queue.</summary>
internal sealed class ClassicQueue(
    QueueDeclaration declared, QueueArguments arguments, object? owner, QueueContext context, MessageLog log)
    : WorkQueue(declared, arguments, owner, context, log, new ClassicShelf(arguments.MaxPriority ?? 0),
        new(isQuorum: false, arguments.SingleActiveConsumer, preempts: false))
{
    private readonly bool _hasPriorities = arguments.MaxPriority is not null;
    private bool _looks;
    private DateTimeOffset? _due;

    protected override DateTimeOffset? NextDue => _hasPriorities ? _due : base.NextDue;

    public override MessageRecord? Take(bool noAck)
    {
        _looks = true;
        return base.Take(noAck);
    }

    public override void Rejected(MessageRecord record, ReturnCause cause)
    {
        if (!Release(record)) return;
        if (cause == ReturnCause.Reject) Carry(record);
        Discard(record, Death.Rejected, MessageFate.Dropped);
    }

    public override void Return(MessageRecord record, ReturnCause cause, Subscription? holder)
    {
        if (!Release(record)) return;

        record.IsRedelivered = true;
        if (cause is ReturnCause.Reject or ReturnCause.Lost) Carry(record);
        record.Becomes(MessageFate.Ready, Context.Now, $"returned: {cause}");
        Shelf.PutBack(record);
        _looks = true;
    }

    protected override bool Refuses(Message message)
    {
        if (Arguments.Overflow == Overflow.DropHead) return false;
        if (Shelf.Count + 1 <= (Arguments.MaxLength ?? long.MaxValue)
            && Shelf.Bytes + message.Body.Length <= (Arguments.MaxLengthBytes ?? long.MaxValue))
        {
            return false;
        }

        if (Arguments.Overflow == Overflow.RejectPublishDeadLetter)
            Discard(Record(message), Death.MaxLength, MessageFate.Dropped);
        return true;
    }

    // What failed elsewhere is told as redelivered, unless it goes to a consumer at once.
    protected override void Store(MessageRecord record)
    {
        _looks = Shelf.Count == 0;
        record.IsRedelivered = Context.Profile.Carries == DeliveryCarry.Always && record.Message.Failures > 0;
        base.Store(record);
    }

    // What came back to a full queue is dropped before anyone gets it.
    protected override void TendOnce()
    {
        _looks |= IsOver;
        DropSurplus();
        if (LooksFirst) DropExpired();
        DeliverAll();
        if (_looks) _due = Shelf.Head?.ExpiresAt;
        _looks = false;
    }

    // RabbitMQ looks for what has expired when a message comes to an empty queue or back to any, when one leaves, and
    // when the time of the head is over. With priorities that lets some be delivered that have expired.
    protected override bool LooksFirst => _looks || !_hasPriorities;

    protected override bool DropsBeforeTake => !_hasPriorities;

    protected override void OnHeadDue() => _looks = true;

    // Not seen on this queue, but on the quorum queue it may be dead-lettered to.
    private void Carry(MessageRecord record)
    {
        if (Context.Profile.Carries == DeliveryCarry.Always) record.Failures++;
    }
}
