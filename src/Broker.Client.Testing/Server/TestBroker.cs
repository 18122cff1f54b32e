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
    private readonly Dictionary<string, Site> _sites = [];
    private readonly ServerContext _context;
    private readonly TcpListener _listener;
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
        foreach (var name in options.VirtualHosts) _sites.Add(name, new(name, profile, options.TimeProvider));
        _context = new(profile, new(options.UserName, options.Password), _sites);
        _listener = new(IPAddress.Loopback, options.Port);
        _listener.Start(backlog: 512);
        var user = $"{Uri.EscapeDataString(options.UserName)}:{Uri.EscapeDataString(options.Password)}";
        Uri = new($"amqp://{user}@{IPAddress.Loopback}:{((IPEndPoint)_listener.LocalEndpoint).Port}");
    }

    /// <summary>Where to connect: amqp://user:password@127.0.0.1:port.</summary>
    public Uri Uri { get; }

    /// <summary>How many clients are connected: past the handshake, and not closing.</summary>
    public int ConnectionCount => _connections.Keys.Count(static connection => connection.IsOpen);

    /// <summary>Starts a broker that accepts connections from now on.</summary>
    /// <exception cref="InvalidOperationException">DOTNET_ENVIRONMENT or ASPNETCORE_ENVIRONMENT is Production. A
    /// message here is gone with the process, so that no mistake in a configuration may bring one here.</exception>
    /// <exception cref="SocketException">The port asked for is taken.</exception>
    public static Task<TestBroker> StartAsync(TestBrokerOptions? options = null)
    {
        foreach (var variable in new[] { "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT" })
        {
            if (string.Equals(Environment.GetEnvironmentVariable(variable), "Production",
                StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException(
                    $"A TestBroker keeps nothing and does not run in production, which {variable} says this is.");
            }
        }

        var broker = new TestBroker(options ?? new());
        _ = broker.AcceptAsync();
        return Task.FromResult(broker);
    }

    /// <summary>A look at the queue of that name, which need not exist yet.</summary>
    /// <exception cref="ArgumentException">There is no such virtual host.</exception>
    public TestQueue Queue(string name, string virtualHost = "/")
    {
        ArgumentNullException.ThrowIfNull(name);
        return _sites.TryGetValue(virtualHost, out var site)
            ? new(site.Host, name)
            : throw new ArgumentException($"There is no virtual host '{virtualHost}'", nameof(virtualHost));
    }

    /// <summary>Raises an alarm, as RabbitMQ does when memory or disk is short. A connection is no longer read from its
    /// next publish on, and told so by connection.blocked where it announced that; the message itself waits, unless it
    /// has no body. Who does not publish is not disturbed.</summary>
    public void Block(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        _context.Alarm.Shut(reason);
    }

    /// <summary>Ends the alarm: connection.unblocked to those that were told, and all are read again.</summary>
    public void Unblock()
    {
        _context.Alarm.Open();
        foreach (var connection in _connections.Keys) connection.GoOn();
    }

    /// <summary>Closes every connection that there is now with connection.close, and completes when all are gone. The
    /// text is what the client is told; the default is what RabbitMQ says. New connections are accepted.</summary>
    public async Task CloseAllConnectionsAsync(ushort code = 320,
        string text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'")
    {
        ArgumentNullException.ThrowIfNull(text);
        var all = _connections.ToArray();
        foreach (var (connection, _) in all) connection.Close(code, text);
        await Task.WhenAll(all.Select(static pair => pair.Value)).ConfigureAwait(false);
    }

    /// <summary>Closes every connection with 320, cutting those that do not agree within two seconds, and forgets all
    /// messages. The port is free afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;

        _listener.Dispose();
        try
        {
            await CloseAllConnectionsAsync().WaitAsync(s_farewell).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            foreach (var connection in _connections.Keys) connection.Abort();
        }

        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        foreach (var site in _sites.Values) site.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (_disposed == 0)
        {
            try
            {
                Enter(await _listener.AcceptSocketAsync().ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted
                or SocketError.ConnectionReset)
            {
                // That one gave up before it was accepted.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private void Enter(Socket socket)
    {
        socket.NoDelay = true;
        var connection = new ServerConnection(socket, _context);
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
    }
}
