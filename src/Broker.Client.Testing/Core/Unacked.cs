namespace Broker.Client.Testing;

/// <summary>
/// A channel as the model sees it: its delivery tags, what it has not settled, its consumers and its credit. Every
/// member may be called from any thread; the virtual host's lock guards all of them.
/// </summary>
internal sealed class Unacked(QueueContext context, object owner)
{
    private readonly Dictionary<ulong, Unsettled> _entries = [];
    private readonly Dictionary<string, Subscription> _subscriptions = [];
    private readonly List<Unsettled> _taken = [];
    private AckWatch? _watch;
    private ulong _lowest = 1;
    private ulong _next = 1;
    private int _outstanding;
    private int _consumers;
    private int _globalPrefetch;
    private bool _active = true;
    private bool _suspended;

    /// <summary>The connection.</summary>
    public object Owner => owner;

    /// <summary>Called, without the lock, when the channel has to end because something was held for longer than
    /// this.</summary>
    public Action<TimeSpan>? TimedOut { get; set; }

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
            // RabbitMQ counts what was got too when it begins to count, and not when that is settled.
            if (_globalPrefetch == 0) _outstanding = _entries.Values.Count(CountsAtFirst);
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
            // RabbitMQ tells its classic queues, one after the other, and the others hear of it later: what dies on its way
            // back to one may still reach a consumer of the channel in another.
            foreach (var queue in _entries.Values.Select(static entry => entry.Queue).Distinct()
                .Where(static queue => queue.Arguments.Type == QueueType.Classic)
                .OrderBy(static queue => queue.Name, StringComparer.Ordinal).ToList())
            {
                foreach (var subscription in _subscriptions.Values.Where(other => other.Queue == queue).ToList())
                    cancel(subscription);
                Refuse(0, multiple: true, requeue: true, ReturnCause.Lost, queue);
            }

            foreach (var subscription in _subscriptions.Values.ToList()) cancel(subscription);
            Refuse(0, multiple: true, requeue: true, ReturnCause.Lost);
            _watch?.Dispose();
        }
    }

    /// <summary>Under the lock.</summary>
    public void Add(Subscription subscription)
    {
        subscription.Number = _consumers++;
        _subscriptions.Add(subscription.Tag, subscription);
    }

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
            var entry = Unsettled.Of(tag, record, queue, subscription, context);
            _entries.Add(tag, entry);
            if (entry.Due < DateTimeOffset.MaxValue) (_watch ??= new(context.Clock, LookForOverdue)).Expect(entry.Due);
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

    private void Refuse(ulong tag, bool multiple, bool requeue, ReturnCause cause, MessageQueue? queue = null)
    {
        lock (context.Gate)
        {
            Settle(tag, multiple, entry =>
            {
                if (requeue) entry.Queue.Return(entry.Record, cause, entry.Subscription);
                else entry.Queue.Rejected(entry.Record, cause);
            }, isLost: cause == ReturnCause.Lost, queue);
        }
    }

    // One consumer after the other, and each basic.get is one of its own: so RabbitMQ tells its queues, and each deals
    // with what it is told before it hears of the next.
    private void Settle(
        ulong tag, bool multiple, Action<Unsettled> settle, bool isLost = false, MessageQueue? only = null)
    {
        Take(tag, multiple, only);
        context.Deferred(() => SettleTaken(settle, isLost));
        _taken.Clear();
        if (IsLimited) TendAll();
    }

    private void SettleTaken(Action<Unsettled> settle, bool isLost)
    {
        foreach (var group in _taken
            .GroupBy(entry => (Queue: entry.Queue.Name, Place: entry.PlaceOf(isLost, context.Profile)))
            .OrderBy(static group => group.Key.Queue, StringComparer.Ordinal)
            .ThenBy(static group => group.Key.Place.Rank)
            .ThenBy(static group => group.Key.Place.Number)
            .ThenBy(static group => group.Key.Place.Name ?? "", StringComparer.Ordinal).ToList())
        {
            foreach (var entry in group) Release(entry);
            foreach (var entry in group.Where(static entry => !entry.IsOver)) settle(entry);
            // Only now: a message that went back must lie before the ones that credit lets out.
            group.First().Queue.Tend();
        }
    }

    private void Release(Unsettled entry)
    {
        if (entry.Subscription is null) return;
        if (entry.IsOver)
        {
            entry.Subscription.IsOverdue = false;
            return;
        }

        entry.Subscription.Outstanding--;
        if (entry.Queue.Arguments.Type == QueueType.Classic) _outstanding--;
    }

    private void Take(ulong tag, bool multiple, MessageQueue? only)
    {
        if (!(multiple && tag == 0) && !_entries.ContainsKey(tag)) throw BrokerError.UnknownTag(tag);

        var last = tag == 0 ? _next - 1 : tag;
        _taken.Clear();
        for (var at = multiple ? _lowest : tag; at <= last; at++)
        {
            if (_entries.TryGetValue(at, out var entry) && (only is null || entry.Queue == only) && _entries.Remove(at))
                _taken.Add(entry);
        }

        while (_lowest < _next && !_entries.ContainsKey(_lowest)) _lowest++;
    }

    private static bool CountsAtFirst(Unsettled entry) =>
        entry.Subscription is null || entry.Queue.Arguments.Type == QueueType.Classic;

    private void TendAll()
    {
        foreach (var subscription in _subscriptions.Values) subscription.Queue.Tend();
    }

    private void LookForOverdue()
    {
        TimeSpan? ends = null;
        lock (context.Gate)
        {
            if (_watch is null) return;
            _watch.Fired();
            var now = context.Now;
            var late = _entries.Where(pair => !pair.Value.IsOver && pair.Value.Due <= now)
                .OrderBy(static pair => pair.Key).ToList();
            foreach (var (tag, entry) in late)
            {
                if (ends is not null) break;
                if (!TakeBack(tag, entry)) ends = entry.Limit;
            }

            foreach (var queue in late.Select(static pair => pair.Value.Queue).Distinct()) queue.Tend();
            var rest = _entries.Values.Where(static entry => !entry.IsOver).Select(static entry => entry.Due);
            if (rest.Where(due => due > now).DefaultIfEmpty(DateTimeOffset.MaxValue).Min() is var next
                && next < DateTimeOffset.MaxValue)
            {
                _watch.Expect(next);
            }

            context.Changes.Signal();
        }

        if (ends is { } limit) TimedOut?.Invoke(limit);
    }

    // False where the channel has to end instead.
    private bool TakeBack(ulong tag, Unsettled entry)
    {
        if (!context.Profile.TimeoutCancelsConsumers) return false;
        if (entry.Subscription is not { } consumer || !_subscriptions.ContainsKey(consumer.Tag)) return false;
        if (!consumer.IsOverdue && !consumer.Consumer.TimedOut(consumer.Tag)) return false;

        consumer.IsOverdue = true;
        consumer.Outstanding--;
        // Its tag stays known: who settles it late is heard, and nothing else comes of it.
        _entries[tag] = entry with { IsOver = true };
        entry.Queue.Return(entry.Record, ReturnCause.Timeout, consumer);
        return true;
    }
}
