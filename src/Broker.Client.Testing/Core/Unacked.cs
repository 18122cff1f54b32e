namespace Broker.Client.Testing;

/// <summary>
/// A channel as the model sees it: its delivery tags, what it has not settled, its consumers and its credit. Every
/// member may be called from any thread; the virtual host's lock guards all of them.
/// </summary>
internal sealed class Unacked(QueueContext context, object owner)
{
    private readonly Dictionary<ulong, Entry> _entries = [];
    private readonly Dictionary<string, Subscription> _subscriptions = [];
    private readonly List<Entry> _taken = [];
    private ulong _lowest = 1;
    private ulong _next = 1;
    private int _outstanding;
    private int _globalPrefetch;
    private bool _active = true;
    private bool _suspended;

    /// <summary>The connection.</summary>
    public object Owner => owner;

    public int Count => _entries.Count;

    public bool IsActive => _active && !_suspended;

    public bool HasGlobalCredit => _globalPrefetch == 0 || _outstanding < _globalPrefetch;

    public bool IsLimited => _globalPrefetch > 0;

    public IReadOnlyDictionary<string, Subscription> Subscriptions => _subscriptions;

    /// <summary>basic.qos with global set: all consumers of the channel together; 0 is no limit.</summary>
    public void SetGlobalPrefetch(int count)
    {
        lock (context.Gate)
        {
            _globalPrefetch = count;
            TendAll();
        }
    }

    /// <summary>channel.flow: while not active, nothing is delivered to its consumers.</summary>
    public void SetActive(bool active)
    {
        lock (context.Gate)
        {
            _active = active;
            TendAll();
        }
    }

    /// <summary>Nothing more is delivered to its consumers: a fault is about to end it. Under the lock.</summary>
    public void Suspend() => _suspended = true;

    public void Ack(ulong tag, bool multiple)
    {
        lock (context.Gate) Settle(tag, multiple, static entry => entry.Queue.Acked(entry.Record));
    }

    public void Nack(ulong tag, bool multiple, bool requeue) => Refuse(tag, multiple, requeue, ReturnCause.Nack);

    public void Reject(ulong tag, bool requeue) => Refuse(tag, multiple: false, requeue, ReturnCause.Reject);

    /// <summary>basic.recover with requeue; RabbitMQ refuses the other kind with 540.</summary>
    public void Recover() => Refuse(0, multiple: true, requeue: true, ReturnCause.Recover);

    /// <summary>The channel ends: its consumers are gone and what it held is back in its place.</summary>
    public void Close(Action<Subscription> cancel)
    {
        lock (context.Gate)
        {
            foreach (var subscription in _subscriptions.Values.ToList()) cancel(subscription);
            Refuse(0, multiple: true, requeue: true, ReturnCause.Lost);
        }
    }

    /// <summary>Under the lock.</summary>
    public void Add(Subscription subscription) => _subscriptions.Add(subscription.Tag, subscription);

    /// <summary>Under the lock.</summary>
    public void Forget(Subscription subscription) => _subscriptions.Remove(subscription.Tag);

    /// <summary>Under the lock.</summary>
    public void Deliver(MessageRecord record, Subscription subscription)
    {
        var delivery = Tagged(record, subscription.Queue, subscription.Tag, subscription.NoAck, subscription);
        subscription.Consumer.Deliver(delivery);
    }

    /// <summary>Under the lock.</summary>
    public Delivery Tagged(
        MessageRecord record, MessageQueue queue, string consumerTag, bool noAck, Subscription? subscription)
    {
        var tag = _next++;
        if (!noAck)
        {
            _entries.Add(tag, new(record, queue, subscription));
            if (subscription is not null)
            {
                subscription.Outstanding++;
                // Only classic queues ask what the whole channel may have.
                if (queue.Arguments.Type == QueueType.Classic) _outstanding++;
            }
        }

        var message = record.Message;
        return new(tag, consumerTag, record.IsRedelivered, message.Exchange, message.RoutingKey,
            DeliveredProperties.Of(record, queue.Arguments.IsQuorum, isGot: subscription is null, context.Profile),
            message.Body, queue.LeftAtTake, record);
    }

    /// <summary>A direct reply: no queue holds it, and nobody settles it.</summary>
    public void DeliverReply(MessageRecord record, string consumerTag, IConsumer consumer)
    {
        lock (context.Gate)
        {
            var message = record.Message;
            var tag = context.Profile.RepliesTakeTags ? _next++ : _next;
            consumer.Deliver(new(tag, consumerTag, IsRedelivered: false, message.Exchange, message.RoutingKey,
                message.Properties, message.Body, MessageCount: 0, record));
        }
    }

    private void Refuse(ulong tag, bool multiple, bool requeue, ReturnCause cause)
    {
        lock (context.Gate)
        {
            Settle(tag, multiple, entry =>
            {
                if (requeue) entry.Queue.Return(entry.Record, cause, entry.Subscription);
                else entry.Queue.Rejected(entry.Record, cause);
            }, gotLast: cause == ReturnCause.Lost && context.Profile.ConsumersReturnFirst);
        }
    }

    // One consumer after the other, what was got first: so RabbitMQ tells its queues, and each deals with what it is
    // told before it hears of the next.
    private void Settle(ulong tag, bool multiple, Action<Entry> settle, bool gotLast = false)
    {
        Take(tag, multiple);
        foreach (var group in _taken
            .GroupBy(static entry => (Queue: entry.Queue.Name, Tag: entry.Subscription?.Tag ?? ""))
            .OrderBy(static group => group.Key.Queue, StringComparer.Ordinal)
            .ThenBy(group => gotLast && group.Key.Tag.Length == 0)
            .ThenBy(static group => group.Key.Tag, StringComparer.Ordinal).ToList())
        {
            foreach (var entry in group) Release(entry);
            foreach (var entry in group) settle(entry);
            // Only now: a message that went back must lie before the ones that credit lets out.
            group.First().Queue.Tend();
        }

        _taken.Clear();
        if (IsLimited) TendAll();
    }

    private void Release(Entry entry)
    {
        if (entry.Subscription is null) return;
        entry.Subscription.Outstanding--;
        if (entry.Queue.Arguments.Type == QueueType.Classic) _outstanding--;
    }

    private void Take(ulong tag, bool multiple)
    {
        if (!(multiple && tag == 0) && !_entries.ContainsKey(tag)) throw BrokerError.UnknownTag(tag);

        var last = tag == 0 ? _next - 1 : tag;
        _taken.Clear();
        for (var at = multiple ? _lowest : tag; at <= last; at++)
        {
            if (_entries.Remove(at, out var entry)) _taken.Add(entry);
        }

        while (_lowest < _next && !_entries.ContainsKey(_lowest)) _lowest++;
    }

    private void TendAll()
    {
        foreach (var subscription in _subscriptions.Values) subscription.Queue.Tend();
    }

    private readonly record struct Entry(MessageRecord Record, MessageQueue Queue, Subscription? Subscription);
}
