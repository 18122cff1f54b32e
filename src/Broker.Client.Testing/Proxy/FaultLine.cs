namespace Broker.Client.Testing;

/// <summary>Faults on the bytes of one direction, whatever they mean: of one connection, or of all that are open and
/// will be. A connection's own fault comes before the one of all; of each kind one is in force, the last.</summary>
public sealed class FaultLine
{
    private readonly FaultProxy _proxy;
    private readonly FaultLine[] _lines;

    internal FaultLine(FaultProxy proxy) => (_proxy, _lines) = (proxy, [this]);

    /// <summary>Two lines as one.</summary>
    internal FaultLine(FaultProxy proxy, FaultLine one, FaultLine other) => (_proxy, _lines) = (proxy, [one, other]);

    internal LineFault? Latency { get; private set; }

    internal LineFault? Rate { get; private set; }

    internal LineFault? Pieces { get; private set; }

    internal LineFault? Stalled { get; private set; }

    internal LineFault? Swallowed { get; private set; }

    internal LineFault? Trigger { get; private set; }

    internal bool IsClean => Latency is null && Rate is null && Pieces is null && Stalled is null
        && Swallowed is null && Trigger is null;

    /// <summary>Bytes arrive this much later, give or take <paramref name="jitter"/>, in order. Throughput is not
    /// limited.</summary>
    public ArmedFault Delay(TimeSpan delay, TimeSpan jitter = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        return Arm("delay", new LineFault { Delay = delay, Jitter = jitter }, (line, fault) => line.Latency = fault);
    }

    /// <summary>At most so many bytes a second.</summary>
    public ArmedFault Bandwidth(long bytesPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1);
        return Arm("bandwidth", new LineFault { Amount = bytesPerSecond }, (line, fault) => line.Rate = fault);
    }

    /// <summary>Sends pieces of at most this many bytes, each a segment of its own.</summary>
    public ArmedFault Slice(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return Arm("slice", new LineFault { Amount = bytes }, (line, fault) => line.Pieces = fault);
    }

    /// <summary>Nothing is passed on, nor read once the buffers are full, until the fault is lifted.</summary>
    public ArmedFault Stall() => Arm("stall", new LineFault(), (line, fault) => line.Stalled = fault);

    /// <summary>Bytes are read and dropped, and an end is not passed on: with both directions swallowed, each side has
    /// a connection to nobody. What was swallowed stays lost when the fault is lifted.</summary>
    public ArmedFault Swallow() => Arm("swallow", new LineFault(), (line, fault) => line.Swallowed = fault);

    /// <summary>Ends the connection after exactly so many more bytes, once: on a line of all connections, the first
    /// that gets there.</summary>
    public ArmedFault CutAfter(long bytes, CutKind kind = CutKind.Close) =>
        After("cut after bytes", bytes, connection => connection.End(kind, FaultDirection.Both));

    /// <summary>Makes the connection half-open after exactly so many more bytes, once: on a line of all connections, the
    /// first that gets there. From then on bytes of both directions are dropped, and neither side hears an end.</summary>
    public ArmedFault SwallowAfter(long bytes) =>
        After("swallow after bytes", bytes, static connection => connection.Both.Swallow(), actsFirst: true);

    internal ArmedFault After(string name, long bytes, Action<ProxyConnection> callback, bool actsFirst = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var trigger = new LineFault { Amount = bytes, Callback = callback, ActsFirst = actsFirst };
        return Arm(name, trigger, (line, fault) => line.Trigger = fault);
    }

    private ArmedFault Arm(string name, LineFault fault, Action<FaultLine, LineFault?> place)
    {
        fault.Handle = new ArmedFault(_proxy.Book, name, _ =>
        {
            // Not the next one, which may be armed as soon as this one has bitten.
            lock (_proxy.Placing)
                foreach (var line in _lines)
                    if (line.Holds(fault))
                        place(line, null);
            _proxy.LineChanged();
        });
        lock (_proxy.Placing)
            foreach (var line in _lines)
                place(line, fault);
        _proxy.LineChanged();
        return fault.Handle;
    }

    private bool Holds(LineFault fault) => fault == Latency || fault == Rate || fault == Pieces || fault == Stalled
        || fault == Swallowed || fault == Trigger;
}
