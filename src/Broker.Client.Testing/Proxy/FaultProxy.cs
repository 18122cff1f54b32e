using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>A TCP proxy on loopback, in front of any AMQP 0-9-1 broker, that breaks what passes through it as a test
/// says: by bytes (<see cref="ToBroker"/>, <see cref="ToClient"/>, or those of one connection) and by frames
/// (<see cref="On"/>). It tells what really bit, so that a test whose fault never happened can fail.</summary>
/// <remarks>All members are safe to call from any thread. A client that uses TLS passes through as bytes; it must be
/// told the broker's name, since it connects to 127.0.0.1.</remarks>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly FaultProxyOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<ProxyConnection, Task> _connections = [];
    private readonly Door _door;
    private readonly CancellationTokenSource _disposing = new();
    private FrameFault[] _frameFaults = [];
    private TaskCompletionSource _change = NewSignal();
    private ArmedFault? _mute;
    private bool _disposed;

    private FaultProxy(Uri target, FaultProxyOptions options)
    {
        (Target, _options) = (target, options);
        Book = new(options.TimeProvider, "proxy");
        ToBroker = new FaultLine(this);
        ToClient = new FaultLine(this);
        Both = new FaultLine(this, ToBroker, ToClient);
        _door = new Door(options.Port, Enter);
        Uri = new UriBuilder(target) { Host = "127.0.0.1", Port = _door.Port }.Uri;
    }

    /// <summary>The target's URI with the proxy's host and port in place of its own.</summary>
    public Uri Uri { get; }

    /// <summary>The connections that are open, in the order of acceptance.</summary>
    public IReadOnlyList<ProxyConnection> Connections
    {
        get
        {
            lock (_lock) return [.. _connections.Keys.OrderBy(static connection => connection.Number)];
        }
    }

    /// <summary>How many connections were accepted so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Faults on the bytes from clients to the broker, on all connections.</summary>
    public FaultLine ToBroker { get; }

    /// <summary>Faults on the bytes from the broker to clients, on all connections.</summary>
    public FaultLine ToClient { get; }

    /// <summary>Faults on the bytes of both directions, on all connections.</summary>
    public FaultLine Both { get; }

    /// <summary>What bit so far, in order.</summary>
    public IReadOnlyList<FaultBite> Bites => Book.Bites;

    internal Uri Target { get; }

    internal TimeProvider Time => _options.TimeProvider;

    internal FaultBook Book { get; }

    /// <summary>Guards which faults lie on the lines.</summary>
    internal Lock Placing { get; } = new();

    internal Task NextChange => Volatile.Read(ref _change).Task;

    /// <summary>Listens on 127.0.0.1 in front of the broker at <paramref name="target"/>. The broker is first spoken to
    /// when a client connects.</summary>
    public static Task<FaultProxy> StartAsync(Uri target, FaultProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        var proxy = new FaultProxy(target, (options ?? new FaultProxyOptions()) with { });
        proxy._door.Open();
        return Task.FromResult(proxy);
    }

    /// <summary>Chooses frames, to be followed by what happens to them:
    /// <c>proxy.On(Frames.Method("basic.ack").FromBroker().Number(3)).CutBefore()</c>.</summary>
    public FrameFaults On(FrameMatch frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return new FrameFaults(this, frames);
    }

    /// <summary>Refuses new connections until the fault is lifted: the port is closed. It bites when it closes, since
    /// nobody sees who was refused then.</summary>
    public ArmedFault RefuseConnections()
    {
        var fault = new ArmedFault(Book, "refuse connections", _ => _door.Open());
        _door.Shut();
        fault.Bite(0, FaultDirection.ToBroker, 0);
        return fault;
    }

    /// <summary>Accepts new connections and says nothing to them. Once the fault is lifted they reach the broker.
    /// </summary>
    public ArmedFault NeverAnswer()
    {
        var fault = new ArmedFault(Book, "never answer", lifted =>
        {
            Interlocked.CompareExchange(ref _mute, null, lifted);
            LineChanged();
        });
        return _mute = fault;
    }

    /// <summary>Completes when the faults of this proxy have bitten <paramref name="count"/> times in all.</summary>
    /// <exception cref="TimeoutException">They did not within <paramref name="timeout"/> of real time (30 s by
    /// default).</exception>
    public Task<FaultBite> WaitForBiteAsync(int count = 1, TimeSpan? timeout = null) =>
        Book.WaitAsync(count, timeout ?? TimeSpan.FromSeconds(30));

    /// <summary>Throws unless every fault that was armed has acted at least once.</summary>
    /// <exception cref="InvalidOperationException">Its message names the faults that never acted.</exception>
    public void AssertBit() => Book.AssertBit();

    /// <summary>Plays a schedule to its end: each step waits for its trigger, counted from the end of the one before.
    /// Where it is cancelled, by the token or because the proxy is disposed, the step's fault is lifted.</summary>
    public async Task PlayAsync(FaultSchedule schedule, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        await new FaultPlayer(this).PlayAsync(schedule, over.Token).ConfigureAwait(false);
    }

    /// <summary>Closes the port and all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        KeyValuePair<ProxyConnection, Task>[] open;
        lock (_lock)
        {
            _disposed = true;
            open = [.. _connections];
        }

        await _disposing.CancelAsync().ConfigureAwait(false);
        _door.Dispose();
        foreach (var (connection, _) in open) connection.End(CutKind.Reset, FaultDirection.Both);
        await Task.WhenAll(open.Select(static pair => pair.Value)).ConfigureAwait(false);
    }

    internal static int PortOf(Uri uri) => uri.Port > 0 ? uri.Port : uri.Scheme == "amqps" ? 5671 : 5672;

    internal Random NewRandom(int salt) => new(unchecked(_options.Seed * 7919 + salt));

    internal void LineChanged() => Interlocked.Exchange(ref _change, NewSignal()).SetResult();

    internal void Arm(FrameFault fault)
    {
        lock (_lock) _frameFaults = [.. _frameFaults, fault];
    }

    internal void Disarm(FrameFault fault)
    {
        lock (_lock) _frameFaults = [.. _frameFaults.Where(other => other != fault)];
        foreach (var connection in Connections) _ = connection.LetGoAsync();
    }

    internal FrameFault? FaultOn(in FrameSeen frame)
    {
        FrameFault? first = null;
        foreach (var fault in Volatile.Read(ref _frameFaults))
            if (fault.Bites(frame) && !fault.Handle.IsLifted)
                first ??= fault;
        return first;
    }

    internal async Task WaitUntilAnsweringAsync(ProxyConnection connection, CancellationToken token)
    {
        while (true)
        {
            var change = NextChange;
            if (Volatile.Read(ref _mute) is not { } mute) return;
            mute.BiteOnce(connection.Number, FaultDirection.ToClient);
            await change.WaitAsync(token).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Enter(Socket client)
    {
        client.NoDelay = true;
        lock (_lock)
        {
            if (_disposed)
            {
                client.Dispose();
                return;
            }

            var connection = new ProxyConnection(this, ++Accepted, client);
            _connections[connection] = Task.CompletedTask;
            _connections[connection] = Task.Run(() => RunAsync(connection));
        }
    }

    private async Task RunAsync(ProxyConnection connection)
    {
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock) _connections.Remove(connection);
        }
    }
}
