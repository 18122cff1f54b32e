namespace Broker.Client.Testing;

/// <summary>What a broker is to do wrong.</summary>
internal sealed class FaultPlan
{
    private ArmedFault? _refusal;

    public FaultPlan(TimeProvider clock, Action<string>? report)
    {
        Book = new(clock, "broker", report);
        Publishes = new(Book);
        Deliveries = new(Book);
        Methods = new(Book);
    }

    public FaultBook Book { get; }

    public FaultList<TestPublish> Publishes { get; }

    public FaultList<TestDelivery> Deliveries { get; }

    public FaultList<TestMethod> Methods { get; }

    public ArmedFault RefuseLogins()
    {
        var fault = new ArmedFault(
            Book, "refuse logins", lifted => Interlocked.CompareExchange(ref _refusal, null, lifted));
        return _refusal = fault;
    }

    /// <summary>Whether the login of this connection is to be refused; that is then a bite.</summary>
    public bool RefusesLogin(int connection)
    {
        if (Volatile.Read(ref _refusal) is not { } refusal) return false;

        refusal.Bite(connection, FaultDirection.ToBroker, 0);
        return true;
    }
}

/// <summary>The faults on one kind of event, in the order of arming.</summary>
internal sealed class FaultList<TEvent>(FaultBook book)
{
    private readonly Lock _lock = new();
    private Entry[] _entries = [];

    public bool IsEmpty => Volatile.Read(ref _entries).Length == 0;

    public ArmedFault Arm(string name, BrokerMatch<TEvent> match, PlannedFault fault)
    {
        var entry = new Entry(match, fault);
        fault.Handle = new(book, name, _ =>
        {
            lock (_lock) _entries = [.. _entries.Where(other => other != entry)];
            fault.LetGo();
        });
        lock (_lock) _entries = [.. _entries, entry];
        return fault.Handle;
    }

    /// <summary>Counts the event wherever it fits; the first fault whose turn it is, and the number of the event.</summary>
    public (PlannedFault Fault, long Number)? Decide(TEvent happening)
    {
        (PlannedFault, long)? first = null;
        lock (_lock)
        {
            foreach (var entry in _entries)
            {
                if (entry.Match.Fits(happening) && entry.Match.Turn.Takes(++entry.Count))
                    first ??= (entry.Fault, entry.Count);
            }
        }

        return first;
    }

    private sealed class Entry(BrokerMatch<TEvent> match, PlannedFault fault)
    {
        public BrokerMatch<TEvent> Match => match;

        public PlannedFault Fault => fault;

        /// <summary>Under the list's lock.</summary>
        public long Count { get; set; }
    }
}
