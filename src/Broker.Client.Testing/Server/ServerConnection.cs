using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>
/// One client. A reader takes its frames one after the other and runs them against the model; an <see cref="Outbox"/>
/// sends. What ends the connection ends both, and then the channels and exclusive queues go.
/// </summary>
internal sealed partial class ServerConnection : IDisposable
{
    private const ushort InternalError = 541;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly ServerContext _context;
    private readonly FrameReader _frames;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ushort, ServerChannel> _channels = new();
    private readonly List<ServerChannel> _unconfirmed = [];
    private readonly TaskCompletionSource _forced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _talk = new();
    // Frames are handled one at a time, and what comes from outside (a fault, a test) falls between two of them.
    private readonly Lock _turn = new();
    private volatile bool _closing;
    private volatile bool _deaf;
    private bool _saidBlocked;
    private ushort _failed;
    private (Task Over, Action Then)? _pause;

    public ServerConnection(Socket socket, int number, ServerContext context)
    {
        Number = number;
        _socket = socket;
        _context = context;
        var stream = new NetworkStream(socket, ownsSocket: false);
        _frames = new(stream);
        Outbox = new(stream);
        Login = new(this);
    }

    /// <summary>From 1, in the order of acceptance.</summary>
    public int Number { get; }

    public Outbox Outbox { get; }

    public ServerContext Context => _context;

    public LoginTerm Login { get; }

    /// <summary>Set by the handshake.</summary>
    public Client Client { get; set; } = null!;

    public Site Site { get; private set; } = null!;

    /// <summary>The method that is being run: an error names it.</summary>
    public Method? Current { get; set; }

    public ushort ChannelMax { get; set; }

    public ushort Heartbeat { get; set; }

    public bool IsOpen => Site is not null && !_closing;

    public int ChannelCount => _channels.Count;

    /// <summary>Something came since this was last set to false.</summary>
    public bool IsHeard { get; set; }

    /// <summary>It is being read: only then is silence the client's.</summary>
    public bool IsWaiting { get; private set; }

    public CancellationToken Stopped => _stop.Token;

    /// <summary>Runs until the connection is over; never throws.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        Task? beating = null;
        try
        {
            if (await new Handshake(this, _frames).RunAsync().ConfigureAwait(false))
            {
                beating = Heartbeats.RunAsync(this);
                await ServeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The client is gone, or has to go.
        }
        catch (Exception e)
        {
            await FailAsync(e).ConfigureAwait(false);
        }

        Leave();
        Outbox.Complete();
        await sending.ConfigureAwait(false);
        await ShutdownAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (beating is not null) await beating.ConfigureAwait(false);
    }

    public void Dispose()
    {
        Login.Dispose();
        _socket.Dispose();
        _stop.Dispose();
    }

    /// <summary>The handshake is over.</summary>
    public void Enter(Site site)
    {
        Site = site;
        _context.ConnectionsChanged();
    }

    private void SayBlocked()
    {
        lock (_talk)
        {
            if (!Client.WantsBlocked || _saidBlocked) return;
            if (_context.Alarm.Reason is not { } reason) return;
            _saidBlocked = true;
            Outbox.Send(0, new ConnectionBlocked(reason));
        }
    }

    public void SayUnblocked()
    {
        lock (_talk)
        {
            if (!_saidBlocked) return;
            _saidBlocked = false;
            Outbox.Send(0, new ConnectionUnblocked());
        }
    }

    /// <summary>The reader takes no frame before the time is over and this was done.</summary>
    public void Pause(TimeSpan time, Action then) => _pause = (Task.Delay(time, _context.Clock, Stopped), then);

    /// <summary>Between two frames, by another thread than this one, which may be in the middle of things.</summary>
    public void Later(Action action) => _ = Task.Run(() =>
    {
        try
        {
            Between(action);
        }
        catch (Exception error)
        {
            Close(541, $"INTERNAL_ERROR - {error.GetType().Name}: {error.Message}");
        }
    });

    /// <summary>Between two frames.</summary>
    public void Between(Action action)
    {
        lock (_turn) action();
    }

    /// <summary>A fault is about to end it: what its channels say from now on is too late.</summary>
    public void Deafen() => _deaf = true;

    public ServerChannel? Channel(int number) => _channels.GetValueOrDefault((ushort)number);

    /// <summary>The channel has confirms to send; they go out when no more frames are at hand.</summary>
    public void HasConfirms(ServerChannel channel) => _unconfirmed.Add(channel);

    public void Remove(ServerChannel channel) => _channels.TryRemove(channel.Number, out _);

    private async Task ServeAsync()
    {
        while (true)
        {
            if (!Outbox.HasRoom) await WaitForRoomAsync().ConfigureAwait(false);
            if (!_frames.TryRead(out var frame))
            {
                SendConfirms();
                IsWaiting = true;
                if (await _frames.ReadAsync(Stopped).ConfigureAwait(false) is not { } next) return;
                IsWaiting = false;
                frame = next;
            }

            IsHeard = true;
            if (!Take(frame)) return;
            if (IsStoppedBy(frame)) await WaitForAlarmAsync().ConfigureAwait(false);
            while (_pause is not null) await ContinueAsync().ConfigureAwait(false);
            if (_cut is not null) return;
        }
    }

    // False once nothing more is to be read.
    private bool Take(Frame frame)
    {
        lock (_turn)
        {
            Current = null;
            try
            {
                return Handle(frame);
            }
            catch (BrokerError error)
            {
                _failed = frame.Channel;
                Close(error.Code, error.Text, error.Code == InternalError ? null : Current);
            }
            catch (AmqpSyntaxException error)
            {
                Close(error.ReplyCode, Named(error), Current);
            }

            return true;
        }
    }

    private async Task ContinueAsync()
    {
        var (over, then) = _pause!.Value; // asked by the caller, and set by nobody else
        SendConfirms();
        await Task.WhenAny(over, _forced.Task).WaitAsync(Stopped).ConfigureAwait(false);
        lock (_turn)
        {
            _pause = null;
            if (_closing) return;
            try
            {
                then();
            }
            catch (BrokerError error)
            {
                Close(error.Code, error.Text, Current);
            }
        }
    }

    private bool Handle(Frame frame)
    {
        if (frame.Type == FrameType.Heartbeat) return true;
        if (frame.Channel == 0) return HandleOwn(frame);
        if (_closing || _deaf) return true;

        if (!_channels.TryGetValue(frame.Channel, out var channel))
        {
            Open(frame);
            return true;
        }

        channel.Handle(frame);
        return true;
    }

    private void Open(Frame frame)
    {
        Current = frame.Type == FrameType.Method ? Method.Read(frame.Payload.Span) : null;
        if (Current is ChannelCloseOk) return;
        if (Current is not ChannelOpen)
            throw new BrokerError(504, "CHANNEL_ERROR - expected 'channel.open'", isConnectionError: true);
        if (_channels.Count >= ChannelMax)
        {
            Current = null;
            throw BrokerError.NotAllowed($"number of channels opened ({_channels.Count}) has reached the negotiated "
                + $"channel_max ({ChannelMax})");
        }

        _channels[frame.Channel] = new(this, frame.Channel);
        Outbox.Send(frame.Channel, new ChannelOpenOk());
    }

    private bool HandleOwn(Frame frame)
    {
        if (frame.Type != FrameType.Method)
            throw new BrokerError(505, "UNEXPECTED_FRAME - content on channel 0", isConnectionError: true);
        Current = Method.Read(frame.Payload.Span);
        switch (Current)
        {
            case ConnectionCloseOk:
                return !_closing;
            case ConnectionClose:
                _closing = _isLeft = true;
                Leave();
                Outbox.Send(0, new ConnectionCloseOk());
                _context.ConnectionsChanged();
                return false;
            case ConnectionUpdateSecret update when !_closing:
                Login.Renew(update.NewSecret);
                Outbox.Send(0, new ConnectionUpdateSecretOk());
                return true;
            default:
                if (_closing) return true;
                throw new BrokerError(503, $"COMMAND_INVALID - {Current.Name} is not expected here",
                    isConnectionError: true);
        }
    }

    // By a header or a body alone: a message is under way then, and what is left of it waits.
    private bool IsStoppedBy(Frame frame) =>
        frame.Type is FrameType.Header or FrameType.Body && !_closing && _context.Alarm.Reason is not null;

    private async Task WaitForAlarmAsync()
    {
        SayBlocked();
        SendConfirms();
        await Task.WhenAny(_context.Alarm.PassAsync(), _forced.Task).WaitAsync(Stopped).ConfigureAwait(false);
    }

    private async Task WaitForRoomAsync()
    {
        SendConfirms();
        await Outbox.RoomAsync().AsTask().WaitAsync(Stopped).ConfigureAwait(false);
    }

    private void SendConfirms()
    {
        foreach (var channel in _unconfirmed) channel.SendConfirms();
        _unconfirmed.Clear();
    }

    // Deliveries stopped while the client did not take them.
    private void Resume()
    {
        foreach (var channel in _channels.Values) channel.Resume();
    }

    private async Task SendAsync()
    {
        try
        {
            await Outbox.RunAsync(Resume, Stopped).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Abort();
        }
    }
}
