namespace Broker.Client.Testing;

/// <summary>A queue that gives each message to one consumer and keeps it until that is done with it.</summary>
internal abstract class WorkQueue : MessageQueue
{
    // A century; the calendar ends before the longest expiration that a publisher may write.
    private const long LongestTtl = 100L * 365 * 24 * 3600 * 1000;

    private readonly HashSet<MessageRecord> _unacked = [];

    protected WorkQueue(QueueDeclaration declared, QueueArguments arguments, object? owner, QueueContext context,
        MessageLog log, Shelf shelf, ConsumerRing consumers)
        : base(declared, arguments, owner, context, log)
    {
        Shelf = shelf;
        Consumers = consumers;
        Touch();
    }

    public override int ReadyCount => Shelf.Count;

    public override long ReadyBytes => Shelf.Bytes;

    public override int UnackedCount => _unacked.Count;

    protected override ConsumerRing Consumers { get; }

    protected override DateTimeOffset? NextDue => Shelf.Heads.Min(static head => head.ExpiresAt);

    protected Shelf Shelf { get; }

    public override bool Enqueue(Message message)
    {
        if (Refuses(message)) return false;

        var record = Record(message);
        record.Becomes(MessageFate.Ready, Context.Now);
        Consumers.Refresh();
        // A time to live of 0 means: to a consumer at once, or not at all.
        if (Shelf.Count == 0 && !IsTending && NextConsumer() is { } consumer)
        {
            Shelf.Pass();
            Hand(record, consumer);
        }
        else
        {
            Store(record);
        }

        Tend();
        return true;
    }

    public override MessageRecord? Take(bool noAck)
    {
        Touch();
        if (DropsBeforeTake) DropExpired();
        if (Shelf.Count == 0) return null;

        var record = Shelf.Take();
        LeftAtTake = Shelf.Count;
        Delivered(record, "get", noAck);
        Tend();
        if (noAck || Arguments.Type == QueueType.Classic) LeftAtTake = Shelf.Count;
        return record;
    }

    public override void Acked(MessageRecord record)
    {
        if (Release(record)) Finish(record, MessageFate.Acked);
    }

    public override int Purge()
    {
        var purged = Shelf.Count;
        while (Shelf.Count > 0) Finish(Shelf.Take(), MessageFate.Purged);
        Shelf.Forget();
        Tend();
        return purged;
    }

    public override List<MessageRecord> Ready() => Shelf.ToList();

    public override List<MessageRecord> Unacknowledged() =>
        [.. _unacked.OrderBy(static record => record.Position)];

    /// <summary>Whether what has expired is dropped before anything is delivered, or got.</summary>
    protected virtual bool LooksFirst => true;

    protected virtual bool DropsBeforeTake => true;

    /// <summary>Whether the queue is full and says so to the publisher.</summary>
    protected abstract bool Refuses(Message message);

    protected override void Empty()
    {
        while (Shelf.Count > 0) Finish(Shelf.Take(), MessageFate.Deleted);
        foreach (var record in _unacked) Finish(record, MessageFate.Deleted);
        _unacked.Clear();
    }

    protected virtual MessageRecord Record(Message message)
    {
        var ttl = message.Ttl is { } own && Arguments.MessageTtl is { } ours ? Math.Min(own, ours)
            : message.Ttl ?? Arguments.MessageTtl;
        return new(message, Name, Context.NextPosition())
        {
            Size = SizeOf(message),
            ExpiresAt = ttl is { } milliseconds and < LongestTtl ? Context.Now.AddMilliseconds(milliseconds) : null,
        };
    }

    protected virtual int SizeOf(Message message) => message.Body.Length;

    /// <summary>False for what is not out any more: its queue was deleted.</summary>
    protected virtual bool Release(MessageRecord record) => _unacked.Remove(record);

    protected void DeliverAll()
    {
        Consumers.Refresh();
        while (Shelf.Count > 0 && NextConsumer() is { } consumer)
        {
            Hand(Shelf.Take(), consumer);
            DropExpired();
        }
    }

    protected void DropExpired()
    {
        var now = Context.Now;
        while (Shelf.Heads.FirstOrDefault(head => head.ExpiresAt <= now) is { } head)
            Discard(Shelf.Take(head), Death.Expired, MessageFate.Expired);
    }

    protected void DropSurplus()
    {
        if (Arguments.Overflow != Overflow.DropHead) return;
        while (IsOver) Discard(Shelf.Take(Shelf.Surplus!), Death.MaxLength, MessageFate.Dropped);
    }

    protected virtual bool IsOver =>
        Shelf.Count > Arguments.MaxLength || (Shelf.Count > 0 && Shelf.Bytes > Arguments.MaxLengthBytes);

    protected virtual void Discard(MessageRecord record, string reason, MessageFate withoutExchange)
    {
        if (Arguments.DeadLetterExchange is not { } exchange)
        {
            Finish(record, withoutExchange, reason);
            return;
        }

        Finish(record, MessageFate.DeadLettered, reason);
        Context.DeadLetter(Buried(record, reason, exchange), reason, null);
    }

    protected Message Buried(MessageRecord record, string reason, string exchange)
    {
        var carried = Context.Profile.Carries == DeliveryCarry.Always
            || (Context.Profile.Carries == DeliveryCarry.FromQuorum && Arguments.IsQuorum);
        var message = record.Message with { Failures = carried ? record.Failures : 0 };
        return DeadLetters.Bury(
            message, Name, reason, exchange, Arguments.DeadLetterRoutingKey, Context.Now, Context.Profile);
    }

    protected virtual void Store(MessageRecord record) => Shelf.Append(record);

    private Subscription? NextConsumer() => Consumers.Next();

    private void Hand(MessageRecord record, Subscription consumer)
    {
        Delivered(record, consumer.Tag, consumer.NoAck);
        consumer.Channel.Deliver(record, consumer);
        Consumers.Handed(consumer);
    }

    protected virtual void Delivered(MessageRecord record, string to, bool noAck)
    {
        record.Becomes(MessageFate.Delivered, Context.Now, to);
        if (noAck) Finish(record, MessageFate.Acked);
        else _unacked.Add(record);
    }
}
