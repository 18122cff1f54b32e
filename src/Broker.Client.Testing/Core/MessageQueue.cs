namespace Broker.Client.Testing;

/// <summary>
/// A queue, classic or quorum: what waits, what is delivered and not yet settled, and who consumes. Everything runs
/// under the virtual host's lock.
/// </summary>
internal sealed class MessageQueue : IDisposable
{
    // A century; the calendar ends before the longest expiration that a publisher may write.
    private const long LongestTtl = 100L * 365 * 24 * 3600 * 1000;

    private readonly QueueContext _context;
    private readonly MessageLog _log;
    private readonly QueueTimers _timers;
    private readonly ReadyMessages _ready = new();
    private readonly HashSet<MessageRecord> _unacked = [];
    private readonly RoundRobin _consumers = new();
    private DateTimeOffset _goneAt;
    private bool _tending;
    private bool _tendAgain;

    public MessageQueue(
        QueueDeclaration declared, QueueArguments arguments, object? owner, QueueContext context, MessageLog log)
    {
        Declared = declared;
        Arguments = arguments;
        Owner = owner;
        _context = context;
        _log = log;
        _timers = new(context.Clock, HeadIsDue, QueueIsDue);
        Touch();
    }

    public QueueDeclaration Declared { get; }

    public QueueArguments Arguments { get; }

    /// <summary>The connection an exclusive queue belongs to.</summary>
    public object? Owner { get; }

    public string Name => Declared.Name;

    public bool IsDeleted { get; private set; }

    public int ReadyCount => _ready.Count;

    public long ReadyBytes => _ready.Bytes;

    public int UnackedCount => _unacked.Count;

    public int ConsumerCount => _consumers.Count;

    public Subscription[] Subscriptions => _consumers.All;

    public bool HasExclusiveConsumer => _consumers.HasExclusive;

    /// <summary>False when the queue is full and refuses; the publisher's confirm is then a nack.</summary>
    public bool Enqueue(Message message)
    {
        if (Arguments.Overflow != Overflow.DropHead && WouldOverflow(message))
        {
            if (Arguments.Overflow == Overflow.RejectPublishDeadLetter)
                Discard(Record(message), Death.MaxLength, MessageFate.Dropped);
            return false;
        }

        var record = Record(message);
        record.Becomes(MessageFate.Ready, _context.Now);
        // A time to live of 0 means: to a consumer at once, or not at all.
        if (_ready.Count == 0 && !_tending && _consumers.Next() is { } consumer) Hand(record, consumer);
        else _ready.Append(record);
        Tend();
        return true;
    }

    /// <summary>The head for basic.get, or null.</summary>
    public MessageRecord? Take(bool noAck)
    {
        Touch();
        DropExpired();
        if (_ready.Count == 0) return null;

        var record = _ready.Take();
        Delivered(record, "get", noAck);
        Tend();
        return record;
    }

    public void Acked(MessageRecord record)
    {
        if (_unacked.Remove(record)) Finish(record, MessageFate.Acked);
    }

    public void Rejected(MessageRecord record, ReturnCause cause)
    {
        if (!_unacked.Remove(record)) return;
        if (cause == ReturnCause.Reject && _context.Profile.RejectionIsCarriedOver)
        {
            record.DeliveryCount++;
            record.AcquiredCount++;
        }

        Discard(record, Death.Rejected, MessageFate.Dropped);
    }

    /// <summary>Puts a message back to its place. The caller tends the queue when it has put back all it had.</summary>
    public void Return(MessageRecord record, ReturnCause cause)
    {
        if (!_unacked.Remove(record)) return;

        var profile = _context.Profile;
        record.IsRedelivered = true;
        if (Arguments.IsQuorum)
        {
            record.AcquiredCount++;
            if (cause != ReturnCause.Nack || profile.NackCounts) record.DeliveryCount++;
            if (record.DeliveryCount > Arguments.DeliveryLimit)
            {
                Discard(record, Death.DeliveryLimit, MessageFate.Dropped);
                return;
            }
        }
        else if (profile.RejectionIsCarriedOver && cause != ReturnCause.Nack)
        {
            // Not seen on this queue, but on the quorum queue it may be dead-lettered to.
            record.AcquiredCount++;
            record.DeliveryCount++;
        }

        record.Becomes(MessageFate.Ready, _context.Now, $"returned: {cause}");
        if (Arguments.IsQuorum && profile.RequeuesToBackWithoutLimit && Arguments.DeliveryLimit is null
            && cause != ReturnCause.Lost)
        {
            record.Position = _context.NextPosition();
            _ready.Append(record);
            return;
        }

        _ready.PutBack(record);
    }

    /// <summary>Delivers what can be delivered, drops what is too old or too much, sets the clock for the
    /// rest.</summary>
    public void Tend()
    {
        // Dead-lettering may come back to this queue: the outer call then goes round once more.
        _tendAgain = true;
        if (_tending || IsDeleted) return;

        _tending = true;
        try
        {
            while (_tendAgain) TendOnce();
        }
        finally
        {
            _tending = false;
        }

        _timers.WatchHead(_ready.Head?.ExpiresAt);
        _context.Changes.Signal();
    }

    public void Add(Subscription subscription)
    {
        _consumers.Add(subscription);
        Touch();
    }

    public bool Remove(Subscription subscription)
    {
        var removed = _consumers.Remove(subscription);
        Touch();
        return removed;
    }

    /// <summary>Something used the queue: its x-expires starts again.</summary>
    public void Touch()
    {
        if (Arguments.Expires is not { } expires || IsDeleted) return;

        _goneAt = _context.Now.AddMilliseconds(expires);
        _timers.WatchQueue(_consumers.Count == 0 ? TimeSpan.FromMilliseconds(expires) : null);
    }

    public int Purge()
    {
        var purged = _ready.Count;
        while (_ready.Count > 0) Finish(_ready.Take(), MessageFate.Purged);
        Tend();
        return purged;
    }

    public void Delete()
    {
        IsDeleted = true;
        Dispose();
        while (_ready.Count > 0) Finish(_ready.Take(), MessageFate.Deleted);
        foreach (var record in _unacked) Finish(record, MessageFate.Deleted);
        _unacked.Clear();
        foreach (var subscription in _consumers.Clear())
        {
            subscription.Channel.Forget(subscription);
            subscription.Consumer.Cancelled(subscription.Tag);
        }

        _context.Changes.Signal();
    }

    public void Dispose() => _timers.Dispose();

    public List<MessageRecord> Ready() => _ready.ToList();

    public List<MessageRecord> Unacknowledged() => [.. _unacked.OrderBy(static record => record.Position)];

    private void TendOnce()
    {
        _tendAgain = false;
        DropExpired();
        while (_ready.Count > 0 && _consumers.Next() is { } consumer)
        {
            Hand(_ready.Take(), consumer);
            DropExpired();
        }

        DropSurplus();
    }

    private void Hand(MessageRecord record, Subscription consumer)
    {
        Delivered(record, consumer.Tag, consumer.NoAck);
        consumer.Channel.Deliver(record, consumer);
    }

    private void Delivered(MessageRecord record, string to, bool noAck)
    {
        record.Becomes(MessageFate.Delivered, _context.Now, to);
        if (noAck) Finish(record, MessageFate.Acked);
        else _unacked.Add(record);
    }

    private void DropExpired()
    {
        // Only at the head: behind a message that lives longer, an expired one waits, as it does in RabbitMQ.
        while (_ready.Head is { ExpiresAt: { } expiresAt } && expiresAt <= _context.Now)
            Discard(_ready.Take(), Death.Expired, MessageFate.Expired);
    }

    private void DropSurplus()
    {
        if (Arguments.Overflow != Overflow.DropHead) return;
        while (_ready.Count > Arguments.MaxLength || (_ready.Count > 0 && _ready.Bytes > Arguments.MaxLengthBytes))
            Discard(_ready.Take(), Death.MaxLength, MessageFate.Dropped);
    }

    private bool WouldOverflow(Message message) =>
        _ready.Count + 1 > Arguments.MaxLength || _ready.Bytes + message.Body.Length > Arguments.MaxLengthBytes;

    private void Discard(MessageRecord record, string reason, MessageFate withoutExchange)
    {
        if (Arguments.DeadLetterExchange is not { } exchange)
        {
            Finish(record, withoutExchange, reason);
            return;
        }

        Finish(record, MessageFate.DeadLettered, reason);
        var carried = _context.Profile.RejectionIsCarriedOver;
        var message = record.Message with
        {
            DeliveryCount = carried ? record.DeliveryCount : 0,
            AcquiredCount = carried ? record.AcquiredCount : 0,
        };
        _context.DeadLetter(
            DeadLetters.Bury(message, Name, reason, exchange, Arguments.DeadLetterRoutingKey, _context.Now,
                _context.Profile),
            reason);
    }

    private void Finish(MessageRecord record, MessageFate fate, string? detail = null)
    {
        record.Becomes(fate, _context.Now, detail);
        _log.Add(record);
        _context.Changes.Signal();
    }

    private MessageRecord Record(Message message)
    {
        var ttl = message.Ttl is { } own && Arguments.MessageTtl is { } ours ? Math.Min(own, ours)
            : message.Ttl ?? Arguments.MessageTtl;
        return new(message, Name, _context.NextPosition())
        {
            ExpiresAt = ttl is { } milliseconds and < LongestTtl ? _context.Now.AddMilliseconds(milliseconds) : null,
        };
    }

    private void HeadIsDue()
    {
        lock (_context.Gate)
        {
            _timers.HeadFired();
            Tend();
        }
    }

    private void QueueIsDue()
    {
        lock (_context.Gate)
        {
            if (IsDeleted || _consumers.Count > 0) return;

            // Someone may have used the queue while this waited for the lock.
            var left = _goneAt - _context.Now;
            if (left <= TimeSpan.Zero) _context.Remove(this);
            else _timers.WatchQueue(left);
        }
    }
}
