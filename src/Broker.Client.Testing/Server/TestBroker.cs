using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>
/// A broker for tests, in this process and in memory: a server of AMQP 0-9-1 on a loopback port that any client may
/// connect to. It behaves like RabbitMQ in what it does, and refuses by name what it does not do. Many may run at once.
/// </summary>
public sealed class TestBroker : IAsyncDisposable
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private readonly Hosts _hosts;
    private readonly ServerContext _context;
    private readonly Door _door;
    private int _accepted;
    private int _disposed;

    private TestBroker(TestBrokerOptions options)
    {
        var profile = options.Profile switch
        {
            BrokerProfile.V4_3 => RabbitProfile.V4_3,
            BrokerProfile.V4_0 => RabbitProfile.V4_0,
            BrokerProfile.V3_10 => RabbitProfile.V3_10,
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Profile, "There is no such profile"),
        };
        var limits = new BrokerLimits(profile);
        var users = new UserTable(trustsStrangers: options.Login is not null);
        _hosts = new(profile, options.TimeProvider, limits);
        users.Add(options.UserName, options.Password);
        foreach (var name in options.VirtualHosts)
        {
            _hosts.Add(name);
            users.Permit(options.UserName, name, Permissions.Full);
        }

        var sasl = new Sasl(options.UserName, users, profile, options.AcceptExternal, options.Login);
        _context = new(profile, sasl, users, _hosts, limits, options.TimeProvider, options.Report);
        Access = new(users, _hosts, CloseWhereAsync);
        _door = new(options.Port, Enter);
        var user = $"{Uri.EscapeDataString(options.UserName)}:{Uri.EscapeDataString(options.Password)}";
        Uri = new($"amqp://{user}@{IPAddress.Loopback}:{_door.Port}");
    }

    /// <summary>Where to connect: amqp://user:password@127.0.0.1:port.</summary>
    public Uri Uri { get; }

    /// <summary>How many clients are connected: past the handshake, and not closing.</summary>
    public int ConnectionCount => _connections.Keys.Count(static connection => connection.IsOpen);

    /// <summary>The clients that are connected, in the order in which they came.</summary>
    public IReadOnlyList<TestConnection> Connections =>
    [
        .. _connections.Keys.Where(static connection => connection.IsOpen)
            .OrderBy(static connection => connection.Number)
            .Select(static connection => new TestConnection(connection)),
    ];

    /// <summary>Users, permissions and virtual hosts.</summary>
    public TestAccess Access { get; }

    /// <summary>How long a delivery may stay unsettled, by the broker's clock; 30 minutes, as in RabbitMQ. Before 4.3 the
    /// channel is closed then (406), after it; on 4.3 the consumer of a quorum queue is cancelled, and no other knows the
    /// limit. A change counts for what is delivered from then on.</summary>
    public TimeSpan ConsumerTimeout
    {
        get => _context.Limits.ConsumerTimeout;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            _context.Limits.ConsumerTimeout = value;
        }
    }

    /// <summary>How large the body of a message may be; more is refused (406). As in RabbitMQ it is 16 MiB, and 128 MiB on
    /// 3.10.</summary>
    public int MaxMessageBytes
    {
        get => _context.Limits.MaxMessageBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _context.Limits.MaxMessageBytes = value;
        }
    }

    /// <summary>What faults did so far, in order.</summary>
    public IReadOnlyList<FaultBite> Bites => _context.Plan.Book.Bites;

    /// <summary>Starts a broker that accepts connections from now on.</summary>
    /// <exception cref="InvalidOperationException">DOTNET_ENVIRONMENT or ASPNETCORE_ENVIRONMENT is Production. A
    /// message here is gone with the process, so that no mistake in a configuration may bring one here.</exception>
    /// <exception cref="SocketException">The port asked for is taken.</exception>
    public static Task<TestBroker> StartAsync(TestBrokerOptions? options = null)
    {
        RefuseProduction(Environment.GetEnvironmentVariable);
        var broker = new TestBroker(options ?? new());
        broker._door.Open();
        return Task.FromResult(broker);
    }

    /// <summary>A look at the queue of that name, which need not exist yet.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host.</exception>
    public TestQueue Queue(string name, string virtualHost = "/")
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(Host(virtualHost), name);
    }

    /// <summary>The queues that exist.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host.</exception>
    public IReadOnlyList<TestQueue> Queues(string virtualHost = "/")
    {
        var host = Host(virtualHost);
        return [.. host.Inspection.Queues().Select(queue => new TestQueue(host, queue.Name))];
    }

    /// <summary>The exchanges that exist, RabbitMQ's own (amq.*) among them.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host.</exception>
    public IReadOnlyList<TestExchange> Exchanges(string virtualHost = "/") => Host(virtualHost).Inspection.Exchanges();

    /// <summary>The bindings of all exchanges but the default one.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host.</exception>
    public IReadOnlyList<TestBinding> Bindings(string virtualHost = "/") => Host(virtualHost).Inspection.Bindings();

    /// <summary>Gives something to all queues whose names fit the regular expression, those that are declared later too. A
    /// policy for the same expression is replaced.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host, or the expression is none.</exception>
    public void SetPolicy(string pattern, TestPolicy policy, string virtualHost = "/")
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        ArgumentNullException.ThrowIfNull(policy);
        Host(virtualHost).SetPolicy(pattern, policy);
    }

    /// <summary>Takes the policy for that expression away.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host, or no policy for it.</exception>
    public void RemovePolicy(string pattern, string virtualHost = "/")
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (!Host(virtualHost).RemovePolicy(pattern))
            throw new ArgumentException($"There is no policy for '{pattern}'", nameof(pattern));
    }

    /// <summary>Completes once exactly <paramref name="count"/> clients are connected. It waits on a signal.</summary>
    /// <exception cref="TimeoutException">There are more or fewer after <paramref name="timeout"/>.</exception>
    public async Task WaitForConnectionsAsync(int count, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await _context.Connections.UntilAsync(() => ConnectionCount == count, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"After {timeout}, {ConnectionCount} clients are connected; {count} were waited for.");
        }
    }

    /// <summary>Chooses publishes, to be followed by what happens to them:
    /// <c>broker.On(Publishes.To("orders").Number(500)).StoreThenCut()</c>.</summary>
    public PublishFaults On(BrokerMatch<TestPublish> publishes)
    {
        ArgumentNullException.ThrowIfNull(publishes);
        return new(_context.Plan, publishes);
    }

    /// <summary>Chooses deliveries, to be followed by what happens after them:
    /// <c>broker.On(Deliveries.From("orders").Number(10)).CancelConsumer()</c>.</summary>
    public DeliveryFaults On(BrokerMatch<TestDelivery> deliveries)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        return new(_context.Plan, deliveries);
    }

    /// <summary>Chooses methods, to be followed by what happens in their place:
    /// <c>broker.On(Methods.Named("queue.declare")).CloseChannel(406, "PRECONDITION_FAILED - no")</c>.</summary>
    public MethodFaults On(BrokerMatch<TestMethod> methods)
    {
        ArgumentNullException.ThrowIfNull(methods);
        return new(_context.Plan, methods);
    }

    /// <summary>Refuses every login, as for a wrong password, until the fault is lifted.</summary>
    public ArmedFault RefuseLogins() => _context.Plan.RefuseLogins();

    /// <summary>Refuses new connections until the fault is lifted: the port is closed. It bites when it closes, since
    /// nobody sees who was refused then.</summary>
    public ArmedFault RefuseConnections()
    {
        var fault = new ArmedFault(_context.Plan.Book, "refuse connections", _ => _door.Open());
        _door.Shut();
        fault.Bite(0, FaultDirection.ToBroker, 0);
        return fault;
    }

    /// <summary>Completes when the faults of this broker have bitten <paramref name="count"/> times in all.</summary>
    /// <exception cref="TimeoutException">They did not within <paramref name="timeout"/> of real time (30 s by
    /// default).</exception>
    public Task<FaultBite> WaitForBiteAsync(int count = 1, TimeSpan? timeout = null) =>
        _context.Plan.Book.WaitAsync(count, timeout ?? TimeSpan.FromSeconds(30));

    /// <summary>Throws unless every fault that was armed has acted at least once: one that never did proves
    /// nothing.</summary>
    /// <exception cref="InvalidOperationException">Its message names the faults that never acted.</exception>
    public void AssertBit() => _context.Plan.Book.AssertBit();

    /// <summary>Raises an alarm, as RabbitMQ does when memory or disk is short. A connection that publishes then is
    /// told by connection.blocked, where it announced that, and no longer read: its message is taken after the alarm.
    /// Who does not publish is neither told nor stopped.</summary>
    public void Block(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _context.Alarm.Shut(reason);
    }

    /// <summary>Ends the alarm: connection.unblocked to those that were told, and all are read again.</summary>
    public void Unblock()
    {
        _context.Alarm.Open();
        foreach (var connection in _connections.Keys) connection.SayUnblocked();
    }

    /// <summary>Closes every connection that there is now with connection.close, and completes when all are gone. The
    /// text is what the client is told; the default is what RabbitMQ says. New connections are accepted.</summary>
    public async Task CloseAllConnectionsAsync(ushort code = 320,
        string text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'")
    {
        ArgumentNullException.ThrowIfNull(text);
        await CloseWhereAsync(static _ => true, code, text).ConfigureAwait(false);
    }

    /// <summary>Ends every connection that there is now without a word, as a broken line does, and completes when all
    /// are gone. New connections are accepted.</summary>
    public async Task CutAllConnectionsAsync(CutKind kind = CutKind.Close)
    {
        var all = _connections.ToArray();
        foreach (var (connection, _) in all) connection.Abort(kind);
        await Task.WhenAll(all.Select(static pair => pair.Value)).ConfigureAwait(false);
    }

    /// <summary>Closes every connection with 320, cutting those that do not agree within two seconds, and forgets all
    /// messages. The port is free afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;

        _door.Dispose();
        try
        {
            await CloseAllConnectionsAsync().WaitAsync(s_farewell).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var connection in _connections.Keys) connection.Abort();
        }

        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        _hosts.Dispose();
    }

    /// <summary>Completes when nothing is left of any connection, not even of one that is closing.</summary>
    internal Task NobodyAsync(CancellationToken token) =>
        _context.Connections.UntilAsync(() => _connections.IsEmpty, token);

    internal static void RefuseProduction(Func<string, string?> environment)
    {
        foreach (var variable in new[] { "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT" })
        {
            if (string.Equals(environment(variable), "Production", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException(
                    $"A TestBroker keeps nothing and does not run in production, which {variable} says this is.");
            }
        }
    }

    private VirtualHost Host(string virtualHost)
    {
        ArgumentNullException.ThrowIfNull(virtualHost);
        return _hosts.Get(virtualHost).Host;
    }

    private Task CloseWhereAsync(Func<ServerConnection, bool> chosen, string reason) =>
        CloseWhereAsync(chosen, 320, $"CONNECTION_FORCED - {reason}");

    private async Task CloseWhereAsync(Func<ServerConnection, bool> chosen, ushort code, string text)
    {
        var all = _connections.Where(pair => chosen(pair.Key)).ToArray();
        foreach (var (connection, _) in all) connection.Close(code, text);
        await Task.WhenAll(all.Select(static pair => pair.Value)).ConfigureAwait(false);
    }

    private void Enter(Socket socket)
    {
        socket.NoDelay = true;
        var connection = new ServerConnection(socket, Interlocked.Increment(ref _accepted), _context);
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ServeAsync(connection, begin.Task);
        begin.SetResult();
        if (_disposed != 0) connection.Abort();
    }

    private async Task ServeAsync(ServerConnection connection, Task begin)
    {
        // Not before it is in the list, or it might have to leave a list it never was in.
        await begin.ConfigureAwait(false);
        using (connection) await connection.RunAsync().ConfigureAwait(false);
        _connections.TryRemove(connection, out _);
        _context.ConnectionsChanged();
    }
}
