using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>Writes one direction of one connection, through the faults on bytes that are in force.</summary>
internal sealed class LineWriter(FaultProxy proxy, ProxyConnection connection, FaultDirection direction, Socket to,
    FaultLine own, FaultLine shared, CancellationToken ended)
{
    private readonly LatencyQueue _late = new(proxy, connection.Number, direction);
    private volatile bool _finished;
    private LineFault? _trigger;
    private long _untilTrigger;

    public bool IsSwallowing => (own.Swallowed ?? shared.Swallowed) is not null;

    private bool IsClean => own.IsClean && shared.IsClean;

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || _finished) return default;
        var latency = own.Latency ?? shared.Latency;
        return latency is null && _late.IsEmpty ? WriteAsync(bytes) : _late.AddAsync(bytes, latency, ended);
    }

    /// <summary>Completes when all that was sent before has left.</summary>
    public ValueTask DrainAsync() => _late.IsEmpty ? default : _late.DrainAsync(ended);

    /// <summary>Writes what was delayed, when it is due.</summary>
    public Task RunAsync() => _late.RunAsync(WriteAsync, () => own.Latency ?? shared.Latency, ended);

    /// <summary>Sends a FIN and drops all that comes later.</summary>
    public void Finish()
    {
        _finished = true;
        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other end was first.
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0 && !_finished)
        {
            if (IsClean)
            {
                await SendAllAsync(bytes).ConfigureAwait(false);
                return;
            }

            await StalledAsync().ConfigureAwait(false);
            if ((own.Swallowed ?? shared.Swallowed) is { } swallowed)
            {
                swallowed.Handle.BiteOnce(connection.Number, direction);
                return;
            }

            var size = Triggered(PieceOf(bytes.Length));
            if (_finished || size == 0) continue;

            await SendAllAsync(bytes[..size]).ConfigureAwait(false);
            bytes = bytes[size..];
            _untilTrigger -= size;
            Triggered(0);
            await PacedAsync(size).ConfigureAwait(false);
        }
    }

    private async ValueTask StalledAsync()
    {
        while (!_finished)
        {
            var change = proxy.NextChange;
            if ((own.Stalled ?? shared.Stalled) is not { } stalled) return;
            stalled.Handle.BiteOnce(connection.Number, direction);
            await change.WaitAsync(ended).ConfigureAwait(false);
        }
    }

    private int PieceOf(int size)
    {
        if ((own.Pieces ?? shared.Pieces) is { } pieces && size > pieces.Amount)
        {
            pieces.Handle.BiteOnce(connection.Number, direction);
            size = (int)pieces.Amount;
        }

        // Twenty pieces a second keep a slow line smooth.
        return (own.Rate ?? shared.Rate) is { } rate ? (int)Math.Clamp(rate.Amount / 20, 1, size) : size;
    }

    /// <summary>How much of a piece may go before a trigger; fires the trigger where that is reached.</summary>
    private int Triggered(int size)
    {
        if ((own.Trigger ?? shared.Trigger) is not { } trigger) return size;
        if (trigger != _trigger) (_trigger, _untilTrigger) = (trigger, trigger.Amount);
        if (_untilTrigger > 0) return (int)Math.Min(size, _untilTrigger);

        if (trigger.TryFire())
        {
            if (trigger.ActsFirst) trigger.Callback!(connection);
            trigger.Handle.Bite(connection.Number, direction, 0);
            trigger.Handle.Lift();
            if (!trigger.ActsFirst) trigger.Callback!(connection);
        }

        return 0;
    }

    private async ValueTask PacedAsync(int size)
    {
        if ((own.Rate ?? shared.Rate) is { } rate)
        {
            rate.Handle.BiteOnce(connection.Number, direction);
            var pause = TimeSpan.FromSeconds((double)size / rate.Amount);
            await Task.Delay(pause, proxy.Time, ended).ConfigureAwait(false);
        }
        else if ((own.Pieces ?? shared.Pieces) is not null)
            await Task.Yield();
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None, ended).ConfigureAwait(false)..];
    }
}
