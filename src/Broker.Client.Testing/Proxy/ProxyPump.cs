using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>Reads one direction of one connection and passes it on frame by frame. Frames that no fault chose go out
/// as they lie in the buffer, many at a time.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Nobody takes the semaphore's handle.")]
internal sealed class ProxyPump(FaultProxy proxy, ProxyConnection connection, FaultDirection direction, Socket from,
    LineWriter line, CancellationToken ended)
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly FrameActor _actor = new(proxy, connection, direction, line, ended);
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private bool _started;
    private bool _raw;

    /// <summary>Returns at the end of the stream.</summary>
    public async Task RunAsync()
    {
        while (await ReceiveAsync().ConfigureAwait(false))
        {
            await _gate.WaitAsync(ended).ConfigureAwait(false);
            try
            {
                await PassAsync().ConfigureAwait(false);
            }
            finally
            {
                _gate.Release();
            }
        }

        await line.SendAsync(_buffer.AsMemory(_start, _end - _start)).ConfigureAwait(false);
        await line.DrainAsync().ConfigureAwait(false);
        if (!line.IsSwallowing) line.Finish();
    }

    /// <summary>Sends bytes at the next boundary of frames; null lets go what lifted faults kept.</summary>
    public async Task InjectAsync(ReadOnlyMemory<byte>? frame)
    {
        await _gate.WaitAsync(ended).ConfigureAwait(false);
        try
        {
            if (frame is { } bytes) _actor.PutAside(bytes);
            await _actor.LetGoAsync().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async ValueTask<bool> ReceiveAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await from.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, ended).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    private async ValueTask PassAsync()
    {
        if (!_started && !Begin()) return;

        var sent = 0;
        while (!_raw && FrameCutter.Cut(_buffer.AsSpan(_start, _end - _start)) is var length and not 0)
        {
            if (length < 0)
            {
                _raw = true;
                break;
            }

            var frame = _buffer.AsMemory(_start, length);
            // Before the frame is looked at: it may end the content that something kept is waiting for.
            if (_actor.HasReady)
            {
                await line.SendAsync(_buffer.AsMemory(sent, _start - sent)).ConfigureAwait(false);
                sent = _start;
                await _actor.LetGoAsync().ConfigureAwait(false);
            }

            var step = _actor.See(frame.Span);
            if (step.Fault is not null)
            {
                await line.SendAsync(_buffer.AsMemory(sent, _start - sent)).ConfigureAwait(false);
                await _actor.ActAsync(step, frame).ConfigureAwait(false);
                sent = _start + length;
            }

            _start += length;
        }

        if (_raw) _start = _end;
        await line.SendAsync(_buffer.AsMemory(sent, _start - sent)).ConfigureAwait(false);
        if (_actor.HasReady) await _actor.LetGoAsync().ConfigureAwait(false);
    }

    /// <summary>Looks at the first bytes. False where they are too few to tell.</summary>
    private bool Begin()
    {
        var first = _buffer.AsSpan(_start, _end - _start);
        if (direction == FaultDirection.ToBroker)
        {
            var name = "AMQP"u8;
            var isAmqp = first.StartsWith(name[..Math.Min(first.Length, name.Length)]);
            if (isAmqp && first.Length < FrameCutter.ProtocolHeaderSize) return false;
            connection.IsAmqp = isAmqp;
            if (isAmqp) _start += FrameCutter.ProtocolHeaderSize;
        }

        // A broker that speaks first, or answers with a protocol header, is not speaking in frames.
        _raw = !connection.IsAmqp;
        return _started = true;
    }
}
