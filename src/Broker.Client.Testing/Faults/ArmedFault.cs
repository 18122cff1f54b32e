namespace Broker.Client.Testing;

/// <summary>A fault that was armed on a <see cref="FaultProxy"/> or a <see cref="TestBroker"/>: what it did, and its
/// end.</summary>
public sealed class ArmedFault
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly FaultBook _book;
    private readonly Action<ArmedFault> _lift;
    private readonly BiteLog _log = new();
    private readonly HashSet<(int Connection, FaultDirection Direction)> _bitten = [];
    private int _lifted;

    internal ArmedFault(FaultBook book, string name, Action<ArmedFault> lift)
    {
        (_book, Name, _lift) = (book, name, lift);
        book.Armed(this);
    }

    /// <summary>What the fault does, in words.</summary>
    public string Name { get; }

    /// <summary>Every time it acted, in order. A fault that lasts (a delay, a stall) bites once in each direction of
    /// each connection.</summary>
    public IReadOnlyList<FaultBite> Bites => _log.All;

    /// <summary>Completes when the fault has acted <paramref name="count"/> times.</summary>
    /// <exception cref="TimeoutException">It did not within <paramref name="timeout"/> of real time (30 s by
    /// default).</exception>
    public Task<FaultBite> WaitForBiteAsync(int count = 1, TimeSpan? timeout = null) =>
        _log.WaitAsync(count, timeout ?? s_patience, Name);

    /// <summary>Ends the fault. What it held back goes on, in order; what it dropped stays lost. Safe to call again.
    /// </summary>
    public void Lift()
    {
        if (Interlocked.Exchange(ref _lifted, 1) == 0) _lift(this);
    }

    internal bool IsLifted => Volatile.Read(ref _lifted) != 0;

    internal void Bite(int connection, FaultDirection direction, long frame)
    {
        var bite = new FaultBite(Name, connection, direction, frame, _book.Clock.GetUtcNow());
        _log.Add(bite);
        _book.Add(bite);
    }

    internal void BiteOnce(int connection, FaultDirection direction)
    {
        lock (_bitten)
            if (!_bitten.Add((connection, direction)))
                return;
        Bite(connection, direction, 0);
    }
}
