using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client;

/// <summary>
/// One connection from open to lost: never reopened, replaced by the next. <see cref="Generation"/> is handed to every
/// call of the driver that could wait for the peer, because RabbitMQ.Client 7.2.2 leaves such calls hanging when the
/// connection dies (upstream #1930, #1960).
/// </summary>
internal sealed class LiveConnection : IAsyncDisposable
{
    private const uint LargeEnoughFrame = 128 * 1024; // for every header that passed MessageCheck
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    // The driver's own tracking of confirms is off, and its deliveries come one at a time: both are our business.
    private static readonly CreateChannelOptions s_plain = new(
        publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false, null, consumerDispatchConcurrency: 1);
    private static readonly CreateChannelOptions s_confirms = new(
        publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, null, consumerDispatchConcurrency: 1);

    private readonly IConnection _driver;
    private readonly Transport _transport;
    private readonly SilenceWatch _silence;
    private readonly BrokerOptions _options;
    private readonly CancellationTokenSource _generation = new();
    private readonly TaskCompletionSource<BrokerConnectionException> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _closing;
    private long _silentSince;
    private volatile string? _blockedReason;

    /// <param name="driver">
    /// The connection, without any channel yet: what is registered here is called first when it dies.
    /// </param>
    /// <param name="transport">Its socket.</param>
    /// <param name="options">Limits and clock.</param>
    /// <param name="endpoint">Where it leads.</param>
    public LiveConnection(IConnection driver, Transport transport, BrokerOptions options, BrokerEndpoint endpoint)
    {
        _driver = driver;
        _transport = transport;
        _options = options;
        Server = new ServerName(endpoint.Host, endpoint.PortOr(options.Tls is not null));
        Where = $"{Server.Host}:{Server.Port}";
        Generation = _generation.Token;
        Control = new ControlChannel(this, options);
        // Tests that move the client's clock do not move the broker's heartbeats.
        _silence = new SilenceWatch(driver.Heartbeat, () => transport.LastRead, OnSilence, TimeProvider.System);
        driver.ConnectionShutdownAsync += OnShutdownAsync;
        driver.ConnectionBlockedAsync += OnBlockedAsync;
        driver.ConnectionUnblockedAsync += OnUnblockedAsync;
        if (driver.CloseReason is { } reason)
            MarkLost(DriverErrors.Lost(reason, Where)); // it died before anyone was told
    }

    public ServerName Server { get; }

    /// <summary>Who is logged in, and until when; without the password.</summary>
    public BrokerCredentials? Login { get; init; }

    /// <summary>Host and port, for messages.</summary>
    public string Where { get; }

    /// <summary>Cancelled when the connection is lost.</summary>
    public CancellationToken Generation { get; }

    /// <summary>Completes with the cause when the connection is lost or closed.</summary>
    public Task<BrokerConnectionException> Lost => _lost.Task;

    /// <summary>The channel of declarations and look-ups.</summary>
    public ControlChannel Control { get; }

    /// <summary>
    /// Refuses a message whose content header is larger than a frame: it cannot be split, and the broker would close the
    /// connection over it (501). What frames the two have agreed on is known here only.
    /// </summary>
    /// <returns>How many bytes more it may have.</returns>
    /// <exception cref="ArgumentException">It is.</exception>
    public long CheckHeader(Message message)
    {
        if (_driver.FrameMax is 0 or >= LargeEnoughFrame)
            return TraceHeaders.MostBytes;
        var bytes = MessageCheck.HeaderBytes(message);
        if (bytes <= _driver.FrameMax)
            return _driver.FrameMax - bytes;
        throw new ArgumentException(
            $"its properties and headers come to {bytes} bytes, and a frame of this connection takes {_driver.FrameMax} "
            + "(BrokerOptions.MaxFrameSize, or the broker's frame_max). Put what is large into the body.");
    }

    /// <summary>Why the broker takes no publishes; null when it does.</summary>
    public string? BlockedReason => _blockedReason;

    /// <summary>
    /// The method over which the broker closed the connection, as class and method id; zeros where it was no method.
    /// Some mistakes in a request cost the whole connection (an unknown exchange type on RabbitMQ 3.10, for one), and
    /// must not be made again on the next.
    /// </summary>
    public (ushort Class, ushort Method) AtFault { get; private set; }

    /// <summary>Called after <see cref="BlockedReason"/> changed, on the driver's reader: must only signal.</summary>
    public event Action? BlockedChanged;

    /// <summary>What the driver has taken to publish and not written yet.</summary>
    public DriverQueue Publishes => _transport.Publishes;

    public string BrokerVersion =>
        _driver.ServerProperties?.TryGetValue("version", out var version) == true && version is byte[] bytes
            ? Encoding.UTF8.GetString(bytes)
            : "";

    /// <summary>
    /// Opens a channel, in confirm mode if asked for. The driver's call is never cancelled: one that is not
    /// answered costs the connection.
    /// </summary>
    public async Task<IChannel> OpenChannelAsync(string purpose, bool confirms = false)
    {
        Tracing.LeaveCallersSpan();
        Generation.ThrowIfCancellationRequested();
        var opening = _driver.CreateChannelAsync(confirms ? s_confirms : s_plain, CancellationToken.None);
        try
        {
            return await opening.WithinAsync(_options.OperationTimeout, _options.TimeProvider, Generation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var seconds = _options.OperationTimeout.TotalSeconds;
            Kill(new BrokerConnectionException(
                ConnectionFailure.Timeout,
                $"Opening a channel {purpose} on {Where} was not answered in {seconds:0.#} s."));
            throw;
        }
    }

    /// <summary>Gives the broker another password or token for the user that is logged in. One that it refuses costs the connection.</summary>
    /// <exception cref="BrokerConnectionException">The connection went, or the broker did not answer, which costs it too.</exception>
    public async Task UpdateSecretAsync(string secret)
    {
        try
        {
            await _driver.UpdateSecretAsync(secret, "The last one expires", CancellationToken.None)
                .WithinAsync(_options.OperationTimeout, _options.TimeProvider, Generation).ConfigureAwait(false);
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            if (error is TimeoutException)
            {
                Kill(new BrokerConnectionException(
                    ConnectionFailure.Timeout, $"{Where} did not answer to new credentials in {_options.OperationTimeout.TotalSeconds:0.#} s."));
            }

            throw DriverErrors.Operation(error, "Giving the broker new credentials");
        }
    }

    /// <summary>
    /// Closes a channel, in good order where it is still open and the peer answers in time; else it is left to
    /// end by itself. Never throws.
    /// </summary>
    public async Task CloseChannelAsync(IChannel channel, TimeSpan limit)
    {
        Tracing.LeaveCallersSpan();
        try
        {
            if (channel.IsOpen && !Generation.IsCancellationRequested && !IsSilent)
            {
                await Task.Run(() => channel.CloseAsync(200, "Goodbye", abort: false, CancellationToken.None))
                    .WithinAsync(limit, _options.TimeProvider, Generation).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            if (error is TimeoutException)
                MarkSilent();
        }

        AbandonChannel(channel);
    }

    /// <summary>Lets a channel of no more use end in the background.</summary>
    public static void AbandonChannel(IChannel channel) =>
        Bounded.ObserveLater(Task.Run(async () => await channel.DisposeAsync().ConfigureAwait(false)));

    /// <summary>The exchange declared next on this channel will be internal.</summary>
    public void DeclareNextExchangeAsInternal(IChannel channel) =>
        _transport.DeclareNextExchangeAsInternal(channel.ChannelNumber);

    public bool InternalExchangePassed => _transport.InternalExchangePassed;

    /// <summary>The peer has left a goodbye unanswered: it is not to be waited for again before it has spoken.</summary>
    public void MarkSilent() => Volatile.Write(ref _silentSince, _transport.LastRead);

    /// <summary>Whether nothing has come since <see cref="MarkSilent"/> was called.</summary>
    public bool IsSilent => Volatile.Read(ref _silentSince) is not 0 and var since && since == _transport.LastRead;

    /// <summary>Ends the connection at once, and with it every call of the driver that waits on it.</summary>
    public void Kill(BrokerConnectionException cause)
    {
        MarkLost(cause);
        // The driver's own close waits for a peer that may be gone; it ends in the background, without its socket.
        Bounded.ObserveLater(AbandonAsync());
    }

    /// <summary>Closes in good order, and at the latest after five seconds by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        try
        {
            if (!_lost.Task.IsCompleted && !IsSilent)
            {
                await Task.Run(() => _driver.CloseAsync(200, "Goodbye", s_closeLimit, abort: false, CancellationToken.None))
                    .WithinAsync(s_closeLimit, _options.TimeProvider).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            // Gone in the meantime, or too slow to say goodbye: either way it ends here.
        }
        finally
        {
            MarkLost(new BrokerConnectionException(
                ConnectionFailure.Lost, $"The connection to {Where} was closed by this client."));
            Bounded.ObserveLater(AbandonAsync());
        }
    }

    private async Task AbandonAsync()
    {
        _transport.Kill();
        await Task.Run(EndDriverAsync)
            .WithinAsync(TimeSpan.FromSeconds(30), _options.TimeProvider).ConfigureAwait(false);
    }

    // Aborted before it is disposed: its reader, still on its way out, would otherwise meet what is disposed and leave
    // an exception that nobody observes.
    private async Task EndDriverAsync()
    {
        await _driver.CloseAsync(200, "Goodbye", s_closeLimit, abort: true, CancellationToken.None).ConfigureAwait(false);
        await _driver.DisposeAsync().ConfigureAwait(false);
    }

    // The driver runs these on its reader and waits for them: they signal and return.
    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        if (reason.Initiator == ShutdownInitiator.Peer)
            AtFault = (reason.ClassId, reason.MethodId);
        MarkLost(DriverErrors.Lost(reason, Where));
        return Task.CompletedTask;
    }

    private void OnSilence(TimeSpan silence) => Kill(new BrokerConnectionException(
        ConnectionFailure.Lost,
        $"Nothing has come from {Where} for {silence.TotalSeconds:0.#} s, two heartbeats: it hangs, or the line is dead."));

    private Task OnBlockedAsync(object sender, ConnectionBlockedEventArgs blocked)
    {
        _blockedReason = string.IsNullOrEmpty(blocked.Reason) ? "the broker gave no reason" : blocked.Reason;
        BlockedChanged?.Invoke();
        return Task.CompletedTask;
    }

    private Task OnUnblockedAsync(object sender, AsyncEventArgs unblocked)
    {
        _blockedReason = null;
        BlockedChanged?.Invoke();
        return Task.CompletedTask;
    }

    private void MarkLost(BrokerConnectionException cause)
    {
        if (!_lost.TrySetResult(cause))
            return;
        _silence.Dispose();
        // Not in an orderly close, which raises the same event before it says goodbye.
        if (Volatile.Read(ref _closing) == 0)
            _transport.Kill();
        _generation.Cancel();
        BlockedChanged?.Invoke();
    }
}
