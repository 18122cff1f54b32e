namespace Broker.Client.Testing;

/// <summary>A quorum queue: it counts deliveries, and ends a message that came back too often.</summary>
internal sealed class QuorumQueue : WorkQueue
{
    private const double LowWater = 0.8;

    private readonly Unburied _unburied;
    private readonly HashSet<MessageRecord> _got = [];
    private readonly List<Subscription> _cancelled = [];
    // What came back and waits, by the time at which it may be delivered again; it is told nowhere meanwhile.
    private readonly PriorityQueue<MessageRecord, (DateTimeOffset At, long Order)> _delayed = new();
    // Whether each was told that the queue is full.
    private readonly Dictionary<object, bool> _publishers = [];

    public QuorumQueue(
        QueueDeclaration declared, QueueArguments arguments, object? owner, QueueContext context, MessageLog log)
        : base(declared, arguments, owner, context, log, new QuorumShelf(context.Profile.QuorumPriorities),
            new(isQuorum: true, arguments.SingleActiveConsumer, context.Profile.PriorityPreempts)) =>
        _unburied = new(context, Bury, Tend);

    // Who holds a message is a consumer until it has settled it, after a basic.get and a cancel too; the standbys of a
    // single active consumer are none.
    public override int ConsumerCount => Consumers.ActiveCount + _got.Count
        + _cancelled.Count(static subscription => subscription.Outstanding > 0);

    public override bool Remove(Subscription subscription)
    {
        if (!base.Remove(subscription)) return false;

        _cancelled.RemoveAll(static other => other.Outstanding == 0);
        _cancelled.Add(subscription);
        return true;
    }

    public override void Acked(MessageRecord record)
    {
        base.Acked(record);
        Consumers.Elect();
    }

    public override void Rejected(MessageRecord record, ReturnCause cause)
    {
        if (!Release(record)) return;
        Consumers.Elect();
        Context.Profile.CountDiscard(record, cause);

        Discard(record, Death.Rejected, MessageFate.Dropped);
    }

    public override void Return(MessageRecord record, ReturnCause cause, Subscription? holder)
    {
        if (!Release(record)) return;
        if (Context.Profile.ReturnElects) Consumers.Elect();

        record.IsRedelivered = true;
        Context.Profile.CountReturn(record, cause);
        if (record.DeliveryCount > Arguments.DeliveryLimit)
        {
            if (Context.Profile.DeliveryLimitCreditsTwice && holder is not null) holder.Bonus++;
            Discard(record, Death.DeliveryLimit, MessageFate.Dropped);
            return;
        }

        record.Becomes(MessageFate.Ready, Context.Now, $"returned: {cause}");
        var failed = cause is ReturnCause.Reject or ReturnCause.Lost;
        if (Arguments.DelayedRetry?.DelayOf(failed, record.DeliveryCount) is { } delay)
        {
            _delayed.Enqueue(record, (Context.Now + delay, Context.NextPosition()));
            return;
        }

        if (Context.Profile.RequeuesToBackWithoutLimit && Arguments.DeliveryLimit is null && cause != ReturnCause.Lost)
        {
            record.Position = Context.NextPosition();
            record.IsRequeued = true;
            Shelf.Append(record);
            return;
        }

        Shelf.PutBack(record);
    }

    // Its members agree afterwards that it is full and tell its publishers, so that one message more than allowed gets in;
    // and they let it empty a little before they tell them to go on. Who publishes for the first time asks.
    protected override bool Refuses(Message message)
    {
        if (Arguments.Overflow != Overflow.RejectPublish || Context.Publisher is not { } publisher) return false;
        _publishers.TryAdd(publisher, IsOver);
        return _publishers[publisher];
    }

    private void TellPublishers()
    {
        if (_publishers.Count == 0) return;
        if (IsOver) Tell(isFull: true);
        else if (Shelf.Count + _unburied.Count <= Low(Arguments.MaxLength)
            && Shelf.Bytes + _unburied.Bytes <= Low(Arguments.MaxLengthBytes))
            Tell(isFull: false);

        void Tell(bool isFull)
        {
            foreach (var publisher in _publishers.Keys) _publishers[publisher] = isFull;
        }

        static long Low(long? limit) => limit is { } most ? (long)(most * LowWater) : long.MaxValue;
    }

    protected override int SizeOf(Message message)
    {
        var counts = Context.Profile.CountsPropertyBytes && Arguments.MaxLengthBytes is not null;
        return message.Body.Length + (counts ? PropertyCodec.Length(message.Original ?? message.Properties) : 0);
    }

    protected override MessageRecord Record(Message message)
    {
        var record = base.Record(message);
        record.IsRedelivered = message.Failures > 0;
        if (Context.Profile.Carries == DeliveryCarry.Always) record.DeliveryCount = message.Failures;
        return record;
    }

    protected override void Delivered(MessageRecord record, string to, bool noAck)
    {
        base.Delivered(record, to, noAck);
        if (!noAck && to == "get") _got.Add(record);
    }

    protected override bool Release(MessageRecord record)
    {
        _got.Remove(record);
        return base.Release(record);
    }

    public override int Purge()
    {
        var others = _delayed.Count;
        FinishDelayed(MessageFate.Purged);
        if (Context.Profile.PurgesUnburied)
        {
            others += _unburied.Count;
            foreach (var record in _unburied.Clear()) Finish(record, MessageFate.Purged);
        }

        return base.Purge() + others;
    }

    public override List<MessageRecord> Ready() =>
    [
        .. base.Ready(), .. _unburied.Records,
        .. _delayed.UnorderedItems.OrderBy(static item => item.Priority).Select(static item => item.Element),
    ];

    protected override DateTimeOffset? NextDue => new[]
    {
        base.NextDue, _unburied.NextDue, _delayed.TryPeek(out _, out var next) ? next.At : null,
    }.Min();

    // What waits to be dead-lettered takes room too.
    protected override bool IsOver => Shelf.Count + _unburied.Count > Arguments.MaxLength
        || (Shelf.Count + _unburied.Count > 0 && Shelf.Bytes + _unburied.Bytes > Arguments.MaxLengthBytes);

    protected override void Empty()
    {
        base.Empty();
        FinishDelayed(MessageFate.Deleted);
        foreach (var record in _unburied.Clear()) Finish(record, MessageFate.Deleted);
        _got.Clear();
    }

    protected override void TendOnce()
    {
        _unburied.TryDue();
        while (_delayed.TryPeek(out var record, out var next) && next.At <= Context.Now)
        {
            _delayed.Dequeue();
            Shelf.PutBack(record);
        }

        DropExpired();
        DeliverAll();
        DropSurplus();
        TellPublishers();
    }

    protected override void Discard(MessageRecord record, string reason, MessageFate withoutExchange)
    {
        if (Arguments is { DeadLettersAtLeastOnce: true, DeadLetterExchange: not null }) _unburied.Add(record, reason);
        else base.Discard(record, reason, withoutExchange);
    }

    private void Bury(MessageRecord record, string reason, Action<bool> told)
    {
        var exchange = Arguments.DeadLetterExchange ?? ""; // a policy may have been taken away since
        Context.DeadLetter(Buried(record, reason, exchange), reason, taken =>
        {
            if (taken) Finish(record, MessageFate.DeadLettered, reason);
            told(taken);
        });
    }

    private void FinishDelayed(MessageFate fate)
    {
        while (_delayed.TryDequeue(out var record, out _)) Finish(record, fate);
    }
}
