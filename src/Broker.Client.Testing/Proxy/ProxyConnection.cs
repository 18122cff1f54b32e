using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and nobody takes its handle.")]
public sealed class ProxyConnection
{
    private readonly FaultProxy _proxy;
    private readonly Socket _client;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private Socket? _broker;
    private LineWriter? _lineToBroker;
    private LineWriter? _lineToClient;
    private ProxyPump? _pumpToBroker;
    private ProxyPump? _pumpToClient;
    private volatile bool _isAmqp;

    internal ProxyConnection(FaultProxy proxy, int number, Socket client)
    {
        (_proxy, Number, _client) = (proxy, number, client);
        ToBroker = new FaultLine(proxy);
        ToClient = new FaultLine(proxy);
        Both = new FaultLine(proxy, ToBroker, ToClient);
    }

    /// <summary>Its number, from 1, in the order of acceptance.</summary>
    public int Number { get; }

    /// <summary>Whether its first bytes were AMQP's. Where they were not, as with TLS, faults on frames are off for it.
    /// </summary>
    public bool IsAmqp
    {
        get => _isAmqp;
        internal set => _isAmqp = value;
    }

    /// <summary>Faults on the bytes from the client to the broker.</summary>
    public FaultLine ToBroker { get; }

    /// <summary>Faults on the bytes from the broker to the client.</summary>
    public FaultLine ToClient { get; }

    /// <summary>Faults on the bytes of both directions.</summary>
    public FaultLine Both { get; }

    /// <summary>Sends a FIN that way (both by default) at once, even within a frame; what comes later is dropped.
    /// </summary>
    public void Close(FaultDirection direction = FaultDirection.Both) => EndNow("close", CutKind.Close, direction);

    /// <summary>Sends a RST to both ends at once.</summary>
    public void Reset() => EndNow("reset", CutKind.Reset, FaultDirection.Both);

    /// <summary>Sends bytes, a frame as a rule, that neither side sent. They go out between two frames, and not between
    /// a method and the content that follows it on their channel: then they wait for its end.</summary>
    /// <exception cref="InvalidOperationException">The connection does not speak AMQP (yet), or the direction is not
    /// one.</exception>
    public Task InjectAsync(FaultDirection direction, ReadOnlyMemory<byte> frame)
    {
        var pump = direction switch
        {
            FaultDirection.ToBroker => _pumpToBroker,
            FaultDirection.ToClient => _pumpToClient,
            _ => throw new InvalidOperationException("Frames are injected in one direction at a time"),
        };
        if (pump is null || !IsAmqp) throw new InvalidOperationException("The connection has not spoken AMQP");
        new ArmedFault(_proxy.Book, "inject", static _ => { }).Bite(Number, direction, 0);
        return pump.InjectAsync(frame);
    }

    internal void End(CutKind kind, FaultDirection direction)
    {
        if (kind == CutKind.Close)
        {
            if (direction.HasFlag(FaultDirection.ToBroker)) _lineToBroker?.Finish();
            if (direction.HasFlag(FaultDirection.ToClient)) _lineToClient?.Finish();
            _proxy.LineChanged();
            if (_lineToClient is not null) return;
        }

        lock (_lock)
        {
            if (_ended.IsCancellationRequested) return;
            if (kind == CutKind.Reset)
                foreach (var socket in (Socket?[])[_client, _broker])
                    socket?.LingerState = new LingerOption(true, 0);
            _client.Dispose();
            _broker?.Dispose();
            _ended.Cancel();
        }
    }

    internal async Task RunAsync()
    {
        try
        {
            if (!await ConnectAsync().ConfigureAwait(false)) return;
            var late = Task.WhenAll(_lineToBroker!.RunAsync(), _lineToClient!.RunAsync());
            await Task.WhenAll(PumpAsync(_pumpToBroker!), PumpAsync(_pumpToClient!)).ConfigureAwait(false);
            End(CutKind.Reset, FaultDirection.Both);
            await late.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            End(CutKind.Reset, FaultDirection.Both);
        }
    }

    internal async Task LetGoAsync()
    {
        foreach (var pump in (ProxyPump?[])[_pumpToBroker, _pumpToClient])
            if (pump is not null && IsAmqp)
                await PassAsync(() => pump.InjectAsync(null)).ConfigureAwait(false);
    }

    private async Task<bool> ConnectAsync()
    {
        try
        {
            await _proxy.WaitUntilAnsweringAsync(this, _ended.Token).ConfigureAwait(false);
            var broker = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            lock (_lock)
            {
                _ended.Token.ThrowIfCancellationRequested();
                _broker = broker;
            }

            await broker.ConnectAsync(_proxy.Target.Host, FaultProxy.PortOf(_proxy.Target), _ended.Token)
                .ConfigureAwait(false);
            _lineToBroker = new LineWriter(_proxy, this, FaultDirection.ToBroker, broker, ToBroker, _proxy.ToBroker,
                _ended.Token);
            _lineToClient = new LineWriter(_proxy, this, FaultDirection.ToClient, _client, ToClient, _proxy.ToClient,
                _ended.Token);
            _pumpToBroker = new ProxyPump(_proxy, this, FaultDirection.ToBroker, _client, _lineToBroker, _ended.Token);
            _pumpToClient = new ProxyPump(_proxy, this, FaultDirection.ToClient, broker, _lineToClient, _ended.Token);
            return true;
        }
        catch (Exception e) when (IsEnd(e))
        {
            return false;
        }
    }

    // A reset is passed on as a reset, unless the line is swallowing: then neither end hears of the other.
    private async Task PumpAsync(ProxyPump pump)
    {
        if (await PassAsync(pump.RunAsync).ConfigureAwait(false)) return;
        if (!_lineToBroker!.IsSwallowing && !_lineToClient!.IsSwallowing) End(CutKind.Reset, FaultDirection.Both);
    }

    private static async Task<bool> PassAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (IsEnd(e))
        {
            return false;
        }
    }

    private static bool IsEnd(Exception e) => e is SocketException or ObjectDisposedException
        or OperationCanceledException;

    private void EndNow(string name, CutKind kind, FaultDirection direction)
    {
        new ArmedFault(_proxy.Book, name, static _ => { }).Bite(Number, direction, 0);
        End(kind, direction);
    }
}
