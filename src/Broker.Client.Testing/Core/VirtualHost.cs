namespace Broker.Client.Testing;

/// <summary>
/// The model behind the connections: exchanges, queues, messages. One lock guards all of it, taken by every operation
/// here; nothing waits inside, and consumers called from inside only enqueue.
/// </summary>
internal sealed class VirtualHost : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ExchangeTable _exchanges;
    private readonly QueueTable _queues;
    private readonly PolicyTable _policies = new();
    private readonly QueueContext _context;
    private readonly Router _router;
    private Queue<(Message Message, string Reason, Action<bool>? Taken)>? _pending;

    public VirtualHost(
        string name, RabbitProfile profile, TimeProvider clock, BrokerLimits? limits = null, int historyLimit = 10_000)
    {
        Name = name;
        Profile = profile;
        Changes = new(_gate);
        _context = new(name, profile, clock, limits ?? new(profile), _gate, Changes)
        {
            DeadLetter = DeadLetter, Remove = Remove, Deferred = Deferred,
        };
        _exchanges = new(name, profile);
        _queues = new(name, _context, _policies, historyLimit);
        _router = new(_exchanges, _queues);
        Inspection = new(_gate, _exchanges, _queues);
    }

    public string Name { get; }

    public RabbitProfile Profile { get; }

    public Changes Changes { get; }

    public Inspection Inspection { get; }

    public Unacked OpenChannel(object connection) => new(_context, connection);

    /// <summary>Nothing goes to these channels any more: they are about to end.</summary>
    public void Suspend(IEnumerable<Unacked> channels)
    {
        lock (_gate)
        {
            foreach (var channel in channels) channel.Suspend();
        }
    }

    public void CloseChannel(Unacked channel) => channel.Close(Cancel);

    /// <summary>Exclusive queues go with their connection; its channels were closed before.</summary>
    public void CloseConnection(object connection)
    {
        lock (_gate)
        {
            foreach (var queue in _queues.All.Where(queue => ReferenceEquals(queue.Owner, connection)).ToList())
                Remove(queue);
        }
    }

    /// <summary>Stops the clocks of the queues; nothing is delivered or dropped by time any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var queue in _queues.All) queue.Dispose();
        }
    }

    public void SetPolicy(string pattern, TestPolicy policy) => Change(() =>
    {
        _policies.Set(pattern, policy);
        ApplyPolicies();
    });

    public bool RemovePolicy(string pattern) => Change(() =>
    {
        var removed = _policies.Remove(pattern);
        ApplyPolicies();
        return removed;
    });

    public void CheckExchange(string name) => Change(() => _exchanges.Check(name));

    /// <summary><paramref name="checkNew"/> is asked where there is none of that name yet.</summary>
    public void DeclareExchange(ExchangeDeclaration exchange, Action? checkNew = null) =>
        Change(() => _exchanges.Declare(exchange, checkNew));

    public void DeleteExchange(string name, bool ifUnused) => Change(() => _exchanges.Delete(name, ifUnused));

    public void BindExchange(
        string destination, string source, string key, IReadOnlyDictionary<string, object?> arguments) => Change(() =>
    {
        RefuseDefault(source, destination);
        var from = _exchanges.Get(source);
        from.Add(new(from, queue: null, _exchanges.Get(destination), key, arguments));
    });

    public void UnbindExchange(
        string destination, string source, string key, IReadOnlyDictionary<string, object?> arguments) => Change(() =>
    {
        RefuseDefault(source, destination);
        if (_exchanges.Find(source) is { } from && _exchanges.Find(destination) is { } to)
            _exchanges.Unbind(new(from, queue: null, to, key, arguments));
    });

    public void BindQueue(
        string queue, string source, string key, IReadOnlyDictionary<string, object?> arguments, object connection) =>
        Change(() =>
        {
            RefuseDefault(source);
            var from = _exchanges.Get(source);
            from.Add(new(from, _queues.Get(queue, connection), exchange: null, key, arguments));
        });

    public void UnbindQueue(
        string queue, string source, string key, IReadOnlyDictionary<string, object?> arguments, object connection) =>
        Change(() =>
        {
            RefuseDefault(source);
            // Anybody may: RabbitMQ does not ask whose queue it is.
            if (_queues.Find(queue) is not { } to) return;
            // What is not bound is unbound: no error, as in RabbitMQ since 3.2.
            if (_exchanges.Find(source) is { } from) _exchanges.Unbind(new(from, to, exchange: null, key, arguments));
        });

    /// <summary><paramref name="checkNew"/> is asked where there is none of that name yet.</summary>
    public QueueCounts DeclareQueue(QueueDeclaration queue, object connection, Action? checkNew = null) =>
        Change(() => Counts(_queues.Declare(queue, connection, checkNew)));

    public QueueCounts CheckQueue(string name, object connection)
    {
        lock (_gate)
        {
            var queue = _queues.Get(name, connection);
            queue.Touch();
            return Counts(queue);
        }
    }

    /// <summary>Tells the number of messages that go with the queue, before they go; 0 for one that is not there, which
    /// is no error.</summary>
    public void DeleteQueue(
        string name, bool ifUnused, bool ifEmpty, object connection, Action<int> told) => Change(() =>
    {
        if (_queues.Find(name) is not { } queue)
        {
            told(0);
            return;
        }

        _queues.CheckOwner(queue, connection);
        _queues.CheckDelete(queue, ifUnused, ifEmpty);
        told(queue.ReadyCount);
        Remove(queue);
    });

    public int PurgeQueue(string name, object connection) => Change(() => _queues.Get(name, connection).Purge());

    /// <summary>Stores a message wherever it is routed. Throws 403, 404 or 406 before anything is stored; the exchange is
    /// looked at before the user.</summary>
    public PublishResult Publish(
        string exchange, string routingKey, MessageProperties properties, ReadOnlyMemory<byte> body,
        Action? checkUser = null, object? publisher = null)
    {
        lock (_gate)
        {
            if (exchange.Length > 0 && _exchanges.Get(exchange).Declared.Internal)
            {
                throw BrokerError.Refused(
                    $"cannot publish to internal exchange '{exchange}' in vhost '{Name}'");
            }

            checkUser?.Invoke();
            var message = PublishedMessage.Create(exchange, routingKey, properties, body);
            if (Profile.ReadsDeathsOfClients && properties.Headers is { } headers)
                message = message with { Deaths = Death.Read(headers) };
            var rejected = false;
            var queues = _router.Route(message);
            // What a queue buries goes after the message itself to the other queues.
            _pending = new();
            _context.Publisher = publisher ?? this;
            foreach (var queue in queues) rejected |= !queue.Enqueue(message);
            var buried = _pending;
            (_pending, _context.Publisher) = (null, null);
            foreach (var (dead, reason, taken) in buried) DeadLetter(dead, reason, taken);
            return new(queues.Count, rejected, message.BlindKeys.Count > 0 ? message.Properties : null);
        }
    }

    /// <summary>The next message, or null when there is none; its unacked entry is on the channel.</summary>
    public Delivery? Get(Unacked channel, string name, bool noAck)
    {
        lock (_gate)
        {
            var queue = _queues.Get(name, channel.Owner);
            if (queue.Arguments is { IsQuorum: true, SingleActiveConsumer: true })
            {
                throw new BrokerError(405, $"RESOURCE_LOCKED - cannot obtain access to locked queue '{name}' in vhost "
                    + $"'{Name}'. basic.get operations are not supported by {Profile.QuorumName} queues with "
                    + "single active consumer");
            }

            Delivery? got = null;
            Deferred(() => got = queue.Take(noAck) is { } record
                ? channel.Tagged(record, queue, "", noAck, subscription: null)
                : null);
            return got;
        }
    }

    public Subscription Consume(Unacked channel, ConsumeRequest request, IConsumer consumer) => Change(() =>
    {
        if (request.Tag.Length == 0) request = request with { Tag = $"amq.ctag-{Guid.NewGuid():N}" };
        if (channel.Subscriptions.ContainsKey(request.Tag))
            throw BrokerError.NotAllowed($"attempt to reuse consumer tag '{request.Tag}'");

        var queue = _queues.Get(request.Queue, channel.Owner);
        if (queue.Arguments.Type == QueueType.Classic && (queue.HasExclusiveConsumer
            || (request.Exclusive && (queue.ConsumerCount > 0 || queue.Arguments.SingleActiveConsumer))))
            throw BrokerError.Refused($"queue '{queue.Name}' in vhost '{Name}' in exclusive use");
        if (queue.Arguments.IsQuorum && channel.IsLimited && Profile.QuorumRefusesGlobalPrefetch)
        {
            throw BrokerError.NotImplemented($"queue '{queue.Name}' in vhost '{Name}' does not support global qos");
        }

        ConsumerArguments.CheckKinds(queue.Name, Name, queue.Arguments.Type, request.Arguments);
        if (queue.Arguments.Type == QueueType.Stream)
            ConsumerArguments.CheckStream(queue.Name, Name, request, channel, Profile, _context.Now);

        var subscription = new Subscription(queue, channel, request, consumer);
        channel.Add(subscription);
        queue.Add(subscription);
        consumer.Started(request.Tag);
        queue.Tend();
        return subscription;
    });

    /// <summary>What the consumer holds stays with its channel; the last consumer takes an auto-delete queue
    /// along.</summary>
    public void Cancel(Subscription subscription) => Change(() =>
    {
        subscription.Channel.Forget(subscription);
        var queue = subscription.Queue;
        if (queue.Remove(subscription) && queue.Declared.AutoDelete && queue.ConsumerCount == 0) Remove(queue);
    });

    /// <summary>The broker itself ends all consumers of a queue, as a fault does; the queue stays.</summary>
    public void CancelConsumers(string name) => Change(() =>
    {
        foreach (var subscription in _queues.Find(name)?.Subscriptions ?? []) CancelConsumer(subscription);
    });

    /// <summary>The broker itself ends a consumer; what it holds stays with its channel.</summary>
    public void CancelConsumer(Subscription subscription) => Change(() =>
    {
        // The client may have been quicker.
        if (!subscription.Channel.Subscriptions.ContainsKey(subscription.Tag)) return;
        Cancel(subscription);
        subscription.Consumer.Cancelled(subscription.Tag);
    });

    private void Deferred(Action action)
    {
        if (_pending is not null)
        {
            action();
            return;
        }

        _pending = new();
        try
        {
            action();
        }
        finally
        {
            var buried = _pending;
            _pending = null;
            foreach (var (dead, reason, taken) in buried) DeadLetter(dead, reason, taken);
        }
    }

    private void DeadLetter(Message message, string reason, Action<bool>? taken)
    {
        if (_pending is not null)
        {
            _pending.Enqueue((message, reason, taken));
            return;
        }

        var before = _context.Publisher;
        // What dead-letters at least once is one publisher more; who does not ask is refused by no queue.
        _context.Publisher = taken is null ? null : _router;
        var (asked, refused) = (0, 0);
        foreach (var queue in _router.Route(message))
        {
            if (queue.Arguments.Type == QueueType.Stream && !Profile.StreamsTakeDeadLetters) continue;
            if (DeadLetters.IsCycle(message, queue.Name, reason)) continue;
            asked++;
            if (!queue.Enqueue(message)) refused++;
        }

        _context.Publisher = before;
        taken?.Invoke(asked > 0 && refused == 0);
    }

    private void ApplyPolicies()
    {
        foreach (var queue in _queues.All.ToList()) queue.Apply(_policies.For(queue.Name));
    }

    private void Remove(MessageQueue queue)
    {
        _queues.Remove(queue);
        _exchanges.Forget(queue);
    }

    private static QueueCounts Counts(MessageQueue queue) => new(queue.Name, queue.ToldCount, queue.ConsumerCount);

    private static void RefuseDefault(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (name.Length == 0) throw BrokerError.DefaultExchange();
        }
    }

    private void Change(Action action)
    {
        lock (_gate)
        {
            action();
            Changes.Signal();
        }
    }

    private T Change<T>(Func<T> action)
    {
        lock (_gate)
        {
            var result = action();
            Changes.Signal();
            return result;
        }
    }
}
