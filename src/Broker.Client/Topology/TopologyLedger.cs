namespace Broker.Client;

/// <summary>
/// What this client has declared, so that it can be declared again after a reconnect: exchanges, then queues, then
/// bindings. Thread-safe; it knows of no broker.
/// </summary>
internal sealed class TopologyLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DeclaredExchange> _exchanges = [];
    private readonly Dictionary<string, DeclaredQueue> _queues = [];
    private readonly List<Binding> _bindings = [];

    public void Add(DeclaredExchange exchange)
    {
        lock (_lock)
            _exchanges[exchange.Name] = exchange;
    }

    public void Add(DeclaredQueue queue)
    {
        lock (_lock)
            _queues[queue.Name] = queue;
    }

    public void Add(Binding binding)
    {
        lock (_lock)
        {
            if (!_bindings.Exists(binding.IsSameAs))
                _bindings.Add(binding);
        }
    }

    public void Remove(Binding binding)
    {
        lock (_lock)
            _bindings.RemoveAll(binding.IsSameAs);
    }

    /// <summary>Forgets a queue and the bindings that went with it.</summary>
    public void RemoveQueue(string name)
    {
        lock (_lock)
        {
            _queues.Remove(name);
            _bindings.RemoveAll(binding => binding.ToQueue && binding.Destination == name);
        }
    }

    /// <summary>Forgets an exchange and the bindings that went with it, on either side.</summary>
    public void RemoveExchange(string name)
    {
        lock (_lock)
        {
            _exchanges.Remove(name);
            _bindings.RemoveAll(binding => binding.Source == name || (!binding.ToQueue && binding.Destination == name));
        }
    }

    /// <summary>Whether there is nothing to declare.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _exchanges.Count + _queues.Count + _bindings.Count == 0;
        }
    }

    /// <summary>Whether there are queues that go with their connection.</summary>
    public bool HasExclusiveQueues
    {
        get
        {
            lock (_lock)
                return _queues.Values.Any(queue => queue.Options.Exclusive);
        }
    }

    /// <summary>The type of a queue that was declared here; null where it was not.</summary>
    public QueueType? TypeOfQueue(string name)
    {
        lock (_lock)
            return _queues.TryGetValue(name, out var queue) ? queue.Options.EffectiveType : null;
    }

    /// <summary>How a queue was declared here; null where it was not.</summary>
    public QueueOptions? OptionsOfQueue(string name)
    {
        lock (_lock)
            return _queues.GetValueOrDefault(name)?.Options;
    }

    public bool HasQueue(string name)
    {
        lock (_lock)
            return _queues.ContainsKey(name);
    }

    /// <summary>Everything, in the order in which it can be declared.</summary>
    public Topology All()
    {
        lock (_lock)
            return new Topology([.. _exchanges.Values], [.. _queues.Values], [.. _bindings]);
    }

    /// <summary>One queue and the bindings that lead to it; empty where it was not declared here.</summary>
    public Topology OfQueue(string name)
    {
        lock (_lock)
        {
            return _queues.TryGetValue(name, out var queue)
                ? new Topology([], [queue], [.. _bindings.Where(binding => binding.ToQueue && binding.Destination == name)])
                : new Topology([], [], []);
        }
    }
}

internal sealed record Topology(
    IReadOnlyList<DeclaredExchange> Exchanges, IReadOnlyList<DeclaredQueue> Queues, IReadOnlyList<Binding> Bindings);

internal sealed record DeclaredExchange(string Name, string Kind, ExchangeOptions Options);

internal sealed record DeclaredQueue(string Name, QueueOptions Options);

/// <summary>A binding of an exchange to a queue or to another exchange. Its arguments are part of what it is.</summary>
internal sealed record Binding(
    bool ToQueue, string Destination, string Source, string RoutingKey, IReadOnlyDictionary<string, object?> Arguments)
{
    public bool IsSameAs(Binding other) =>
        ToQueue == other.ToQueue && Destination == other.Destination && Source == other.Source && RoutingKey == other.RoutingKey
        && AreSame(Arguments, other.Arguments);

    private static bool AreSame(object? mine, object? theirs) => (mine, theirs) switch
    {
        (IEnumerable<KeyValuePair<string, object?>> table, IEnumerable<KeyValuePair<string, object?>> other) =>
            new Dictionary<string, object?>(other) is var others && table.Count() == others.Count
            && table.All(entry => others.TryGetValue(entry.Key, out var value) && AreSame(entry.Value, value)),
        (string text, _) => text.Equals(theirs as string, StringComparison.Ordinal),
        (System.Collections.IList list, System.Collections.IList other) =>
            list.Count == other.Count && Enumerable.Range(0, list.Count).All(index => AreSame(list[index], other[index])),
        _ => Equals(mine, theirs),
    };
}
