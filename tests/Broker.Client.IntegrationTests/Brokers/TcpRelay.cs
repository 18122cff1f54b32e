using System.Net;
using System.Net.Sockets;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The directions that a relay can hold up.</summary>
[Flags]
public enum Flow
{
    ToBroker = 1,
    ToClient = 2,
    Both = ToBroker | ToClient,
}

/// <summary>A wire to the broker on loopback that a test can cut, hold up and refuse.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly Uri _target;
    private readonly Action<int, Flow, ReadOnlyMemory<byte>>? _seen;
    private readonly Lock _lock = new(); // guards _pairs and _listener
    private readonly List<Pair> _pairs = [];
    private readonly Gate _toBroker = new(), _toClient = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _accepted;

    /// <param name="target">The broker.</param>
    /// <param name="seen">Gets what passes before it is passed on: the connection's number, from 1, which way, and the bytes.</param>
    public TcpRelay(Uri target, Action<int, Flow, ReadOnlyMemory<byte>>? seen = null)
    {
        _target = target;
        _seen = seen;
        Uri = new UriBuilder(target) { Host = "127.0.0.1", Port = LoopbackPort.Free() }.Uri;
        AcceptAgain();
    }

    /// <summary>The target's URI, by way of this relay.</summary>
    public Uri Uri { get; }

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections open now.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
                return _pairs.Count;
        }
    }

    /// <summary>Ends every connection, with a reset or with an orderly end. New ones are accepted.</summary>
    public void CutAll(bool reset = true)
    {
        lock (_lock)
        {
            foreach (var pair in _pairs.ToArray())
                pair.Cut(reset);
            _pairs.Clear();
        }
    }

    /// <summary>Nothing more comes through, and nobody is told. What is held up arrives after <see cref="Resume"/>, unless cut.</summary>
    public void Stall(Flow flow = Flow.Both)
    {
        if (flow.HasFlag(Flow.ToBroker))
            _toBroker.Close();
        if (flow.HasFlag(Flow.ToClient))
            _toClient.Close();
    }

    public void Resume()
    {
        _toBroker.Open();
        _toClient.Open();
    }

    /// <summary>
    /// Sends these bytes to the broker as if the client had, on the oldest connection that is open. For a moment in which nothing else is on its
    /// way, so that they land between two frames.
    /// </summary>
    public async Task InjectAsync(byte[] bytes)
    {
        Pair pair;
        lock (_lock)
            pair = _pairs[0];
        await pair.Broker.SendAsync(bytes);
    }

    /// <summary>New connections are refused by the system, as when no broker runs. Those that are open stay.</summary>
    public void Refuse()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
        }
    }

    public void AcceptAgain()
    {
        lock (_lock)
        {
            if (_listener is not null)
                return;
            _listener = new TcpListener(IPAddress.Loopback, Uri.Port);
            _listener.Start();
            _accepting = AcceptAsync(_listener);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Refuse();
        await _accepting;
        CutAll();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync();
                _ = RelayAsync(client, Interlocked.Increment(ref _accepted));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Refused or disposed.
        }
    }

    private async Task RelayAsync(Socket client, int number)
    {
        client.NoDelay = true;
        using var pair = new Pair(client, new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        lock (_lock)
            _pairs.Add(pair);
        try
        {
            await pair.Broker.ConnectAsync(_target.Host, _target.Port > 0 ? _target.Port : 5672, pair.Ended);
            var pumps = new[]
            {
                PumpAsync(client, pair.Broker, _toBroker, bytes => _seen?.Invoke(number, Flow.ToBroker, bytes), pair.Ended),
                PumpAsync(pair.Broker, client, _toClient, bytes => _seen?.Invoke(number, Flow.ToClient, bytes), pair.Ended),
            };
            var first = await Task.WhenAny(pumps);
            pair.Cut(reset: first.IsFaulted);
            await Task.WhenAll(pumps); // the other one ends by the cut
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            pair.Cut(reset: true);
        }
        finally
        {
            lock (_lock)
                _pairs.Remove(pair);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Gate gate, Action<ReadOnlyMemory<byte>> seen, CancellationToken ended)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, ended) is var count and > 0)
        {
            await gate.WaitAsync(ended);
            seen(buffer.AsMemory(0, count));
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), ended);
        }
    }

    private sealed class Pair(Socket client, Socket broker) : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();

        public Socket Broker => broker;

        public CancellationToken Ended => _ended.Token;

        public void Cut(bool reset)
        {
            foreach (var socket in (Socket[])[client, broker])
                socket.End(reset);
            _ended.Cancel();
        }

        public void Dispose() => _ended.Dispose();
    }
}
