using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Broker.Client.Testing;

/// <summary>
/// One client. A reader takes its frames one after the other and runs them against the model; an <see cref="Outbox"/>
/// sends. What ends the connection ends both, and then the channels and exclusive queues go.
/// </summary>
internal sealed partial class ServerConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly ServerContext _context;
    private readonly FrameReader _frames;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<ushort, ServerChannel> _channels = new();
    private readonly List<ServerChannel> _unconfirmed = [];
    private readonly TaskCompletionSource _forced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _talk = new();
    private volatile bool _closing;
    private volatile bool _isHeldUp;
    private bool _saidBlocked;

    public ServerConnection(Socket socket, ServerContext context)
    {
        _socket = socket;
        _context = context;
        var stream = new NetworkStream(socket, ownsSocket: false);
        _frames = new(stream);
        Outbox = new(stream);
    }

    public Outbox Outbox { get; }

    public ServerContext Context => _context;

    /// <summary>Set by the handshake.</summary>
    public Client Client { get; set; } = null!;

    public Site Site { get; set; } = null!;

    /// <summary>The method that is being run: an error names it.</summary>
    public Method? Current { get; set; }

    public ushort ChannelMax { get; set; }

    public ushort Heartbeat { get; set; }

    public bool IsOpen => Site is not null && !_closing;

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
        _socket.Dispose();
        _stop.Dispose();
    }

    /// <summary>The broker closes the connection: the client has some seconds to agree.</summary>
    public void Close(ushort code, string text)
    {
        if (Site is null) Abort();
        else Close(code, text, cause: null);
    }

    /// <summary>No word, no wait.</summary>
    public void Abort()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>It publishes. Under an alarm that stops it, and only that: one that published before is read until it
    /// publishes again.</summary>
    public void Publishes()
    {
        if (_context.Alarm.Reason is null) return;
        lock (_talk)
        {
            if (_context.Alarm.Reason is not { } reason) return;
            _isHeldUp = true;
            if (!Client.WantsBlocked || _saidBlocked) return;
            _saidBlocked = true;
            Outbox.Send(0, new ConnectionBlocked(reason));
        }
    }

    /// <summary>The alarm is over.</summary>
    public void GoOn()
    {
        lock (_talk)
        {
            _isHeldUp = false;
            if (!_saidBlocked) return;
            _saidBlocked = false;
            Outbox.Send(0, new ConnectionUnblocked());
        }
    }

    /// <summary>The channel has confirms to send; they go out when no more frames are at hand.</summary>
    public void HasConfirms(ServerChannel channel) => _unconfirmed.Add(channel);

    public void Remove(ServerChannel channel) => _channels.TryRemove(channel.Number, out _);

    private async Task ServeAsync()
    {
        while (true)
        {
            if (_isHeldUp) await WaitForAlarmAsync().ConfigureAwait(false);
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
            try
            {
                Current = null;
                if (!Handle(frame)) return;
            }
            catch (BrokerError error)
            {
                Close(error.Code, error.Text, Current);
            }
            catch (AmqpSyntaxException error)
            {
                Close(error.ReplyCode, Named(error), Current);
            }
        }
    }

    private bool Handle(Frame frame)
    {
        if (frame.Type == FrameType.Heartbeat) return true;
        if (frame.Channel == 0) return HandleOwn(frame);
        if (_closing) return true;

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
        if (frame.Channel > ChannelMax)
        {
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
                Leave();
                Outbox.Send(0, new ConnectionCloseOk());
                return false;
            case ConnectionUpdateSecret when !_closing:
                Outbox.Send(0, new ConnectionUpdateSecretOk());
                return true;
            default:
                if (_closing) return true;
                throw new BrokerError(503, $"COMMAND_INVALID - {Current.Name} is not expected here",
                    isConnectionError: true);
        }
    }

    private async Task WaitForAlarmAsync()
    {
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
