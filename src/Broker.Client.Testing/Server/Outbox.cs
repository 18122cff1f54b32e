using System.Threading.Channels;

namespace Broker.Client.Testing;

/// <summary>
/// What goes to one client. Frames are appended from any thread, also under a virtual host's lock, and never wait; one
/// writer sends all that has gathered in one go. Who produces more than the client takes asks whether it is congested.
/// </summary>
internal sealed class Outbox(Stream output)
{
    private const int Most = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly AmqpWriter _scratch = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private AmqpWriter _pending = new(16 * 1024);
    private AmqpWriter _spare = new(16 * 1024);
    private TaskCompletionSource? _room;
    private bool _congested;
    private bool _ended;

    /// <summary>What frames may have, both ways, once tune-ok was read.</summary>
    public int FrameMax { get; set; } = Tuning.FrameMax;

    /// <summary>Something was appended since this was last set to false.</summary>
    public bool IsUsed { get; set; }

    /// <summary>False once the client should take what it has before it gets more.</summary>
    public bool HasRoom
    {
        get { lock (_lock) return !_congested; }
    }

    /// <summary>What cannot be written (a routing key that dead-lettering made too long) throws and leaves
    /// nothing.</summary>
    public void Send(ushort channel, Method method)
    {
        lock (_lock)
        {
            if (_ended) return;
            var start = _pending.Length;
            try
            {
                _pending.MethodFrame(channel, method);
            }
            catch (Exception)
            {
                _pending.Truncate(start);
                throw;
            }

            Appended();
        }
    }

    public void Send(ushort channel, Method method, MessageProperties properties, ReadOnlySpan<byte> body)
    {
        lock (_lock)
        {
            if (_ended) return;
            _scratch.Clear();
            PropertyCodec.Write(_scratch, properties);
            var header = new ContentHeader(
                ContentHeader.BasicClass, (ulong)body.Length, properties, _scratch.Written);
            var start = _pending.Length;
            try
            {
                _pending.ContentFrames(channel, method, header, body, FrameMax);
            }
            catch (Exception)
            {
                _pending.Truncate(start);
                throw;
            }

            Appended();
        }
    }

    public void SendHeartbeat()
    {
        lock (_lock)
        {
            if (_ended) return;
            _pending.HeartbeatFrame();
            Appended();
        }
    }

    public void SendProtocolHeader()
    {
        lock (_lock)
        {
            _pending.Raw(FrameWriter.ProtocolHeader);
            Appended();
        }
    }

    /// <summary>Completes when there is room again, or when nothing will be sent any more.</summary>
    public ValueTask RoomAsync()
    {
        lock (_lock)
        {
            if (!_congested || _ended) return default;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new(_room.Task);
        }
    }

    /// <summary>Nothing more is taken; what is there is still sent.</summary>
    public void Complete()
    {
        lock (_lock) _ended = true;
        _signal.Writer.TryComplete();
    }

    /// <summary>Sends until <see cref="Complete"/>. Calls <paramref name="drained"/> when congestion is over.</summary>
    public async Task RunAsync(Action drained, CancellationToken token)
    {
        try
        {
            while (await _signal.Reader.WaitToReadAsync(token).ConfigureAwait(false))
            {
                _signal.Reader.TryRead(out _);
                var full = Swap();
                if (full.Length > 0) await output.WriteAsync(full.Written, token).ConfigureAwait(false);
                if (GiveBack(full)) drained();
            }
        }
        finally
        {
            Complete();
            lock (_lock) _room?.TrySetResult();
        }
    }

    private void Appended()
    {
        IsUsed = true;
        if (_pending.Length > Most) _congested = true;
        _signal.Writer.TryWrite(true);
    }

    private AmqpWriter Swap()
    {
        lock (_lock)
        {
            var full = _pending;
            _pending = _spare;
            return full;
        }
    }

    private bool GiveBack(AmqpWriter sent)
    {
        lock (_lock)
        {
            // One large message must not keep its memory for as long as the connection lives.
            _spare = sent.Length > Most ? new(16 * 1024) : sent;
            _spare.Clear();
            if (!_congested || _pending.Length > Most) return false;

            _congested = false;
            _room?.TrySetResult();
            _room = null;
            return true;
        }
    }
}
