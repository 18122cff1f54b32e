namespace Broker.Client.Testing;

/// <summary>
/// A stream: a log that everybody reads for himself and that settling takes nothing from. Each message is a chunk of its
/// own, where RabbitMQ puts together what comes at once: "last" is the last message here, and the last chunk there.
/// </summary>
internal sealed class StreamQueue : MessageQueue
{
    // What a chunk of one message has beside its body, roughly.
    private const int Overhead = 64;

    private static readonly TimeSpan s_countedAfter = TimeSpan.FromSeconds(5);

    private readonly List<MessageRecord> _log = [];
    private readonly Dictionary<Subscription, long> _next = [];
    private readonly List<(long First, long Bytes)> _segments = [];
    private long _first;

    public StreamQueue(QueueDeclaration declared, QueueArguments arguments, QueueContext context, MessageLog log)
        : base(declared, arguments, owner: null, context, log) => _segments.Add((0, 0));

    public override int ReadyCount => _log.Count;

    /// <summary>RabbitMQ brings the count of a stream up to date every few seconds.</summary>
    public override int ToldCount => _log.Count(record => record.StoredAt <= Context.Now - s_countedAfter);

    public override long ReadyBytes => _log.Sum(static record => record.Size);

    public override int UnackedCount => 0;

    /// <summary>Readers of a stream are not told.</summary>
    public override int ConsumerCount => 0;

    protected override ConsumerRing Consumers { get; } = new(isQuorum: false, isSingle: false, preempts: false);

    protected override DateTimeOffset? NextDue => null;

    private long End => _first + _log.Count;

    public override bool Enqueue(Message message)
    {
        var record = new MessageRecord(message, Name, Context.NextPosition()) { Offset = End, StoredAt = Context.Now };
        record.Becomes(MessageFate.Ready, Context.Now);
        _log.Add(record);
        _segments[^1] = (_segments[^1].First, _segments[^1].Bytes + record.Size + Overhead);
        if (_segments[^1].Bytes >= Arguments.MaxSegmentBytes)
        {
            _segments.Add((End, 0));
            Trim();
        }

        Tend();
        return true;
    }

    public override MessageRecord? Take(bool noAck) => throw BrokerError.NotImplemented(
        $"basic.get not supported by stream queues queue '{Name}' in vhost '{Context.VirtualHost}'");

    public override int Purge() => throw BrokerError.NotImplemented(
        $"queue.purge not supported by stream queues queue '{Name}' in vhost '{Context.VirtualHost}'");

    public override void Acked(MessageRecord record)
    {
    }

    public override void Rejected(MessageRecord record, ReturnCause cause) => CheckReturn(cause);

    public override void Return(MessageRecord record, ReturnCause cause, Subscription? holder) => CheckReturn(cause);

    public override void Add(Subscription subscription)
    {
        base.Add(subscription);
        var from = StreamOffset.Of(subscription.Arguments.GetValueOrDefault("x-stream-offset"), Context.Now);
        _next[subscription] = Math.Max(_first, from switch
        {
            { Kind: StreamOffsetKind.First } => _first,
            { Kind: StreamOffsetKind.Last } => End - 1,
            { Kind: StreamOffsetKind.Number, Number: var number } => number,
            { Kind: StreamOffsetKind.Time, Time: var time } => Since(time),
            _ => End,
        });
    }

    public override bool Remove(Subscription subscription)
    {
        _next.Remove(subscription);
        return base.Remove(subscription);
    }

    public override List<MessageRecord> Ready() => [.. _log];

    public override List<MessageRecord> Unacknowledged() => [];

    protected override void TendOnce()
    {
        foreach (var subscription in Consumers.All)
        {
            while (subscription.HasCredit && _next[subscription] < End) DeliverNext(subscription);
        }
    }

    protected override void Empty()
    {
        foreach (var record in _log) Finish(record, MessageFate.Deleted);
        _log.Clear();
    }

    // There is nothing to return to; where that is not refused, it gives credit like an ack.
    private void CheckReturn(ReturnCause cause)
    {
        if (!Context.Profile.StreamsRefuseReturns || cause == ReturnCause.Lost) return;
        if (cause == ReturnCause.Recover) throw BrokerError.Internal();
        throw BrokerError.NotImplemented("basic.nack and basic.reject not supported by stream queues "
            + $"queue '{Name}' in vhost '{Context.VirtualHost}'");
    }

    private void DeliverNext(Subscription subscription)
    {
        var at = Math.Max(_next[subscription], _first);
        _next[subscription] = at + 1;
        if (at >= End) return;

        var stored = _log[(int)(at - _first)];
        if (Context.Profile.StreamsFilter && !subscription.Filter.Takes(stored.Message.Properties.Headers)) return;
        stored.Becomes(MessageFate.Ready, Context.Now, $"read by {subscription.Tag}");
        // Each reader has one of its own to settle: settling says nothing about the stream.
        var copy = new MessageRecord(stored.Message, Name, stored.Position) { Offset = stored.Offset };
        subscription.Channel.Deliver(copy, subscription);
    }

    private long Since(DateTimeOffset time)
    {
        var at = _log.FindIndex(record => record.StoredAt >= time);
        return at < 0 ? End : _first + at;
    }

    // Whole segments alone, and never the one that is written to: so does RabbitMQ, and so a small stream keeps all.
    private void Trim()
    {
        var oldest = Context.Now - Arguments.MaxAge;
        while (_segments.Count > 1)
        {
            var last = _log[(int)(_segments[1].First - _first) - 1];
            var isOld = last.StoredAt < oldest;
            if (!isOld && !(_segments.Sum(static segment => segment.Bytes) > Arguments.MaxLengthBytes)) return;

            while (_first < _segments[1].First)
            {
                Finish(_log[0], isOld ? MessageFate.Expired : MessageFate.Dropped, isOld ? null : Death.MaxLength);
                _log.RemoveAt(0);
                _first++;
            }

            _segments.RemoveAt(0);
        }
    }
}
