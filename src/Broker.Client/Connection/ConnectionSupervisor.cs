using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Keeps one connection: makes it at the first need, notices its loss, and makes the next one, for as long as the
/// client lives. Everyone who needs a connection asks here and waits here.
/// </summary>
internal sealed class ConnectionSupervisor : IAsyncDisposable
{
    // A broker that goes takes both connections of a client, and within it.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    private readonly BrokerOptions _options;
    private readonly string _role;
    private readonly Connector _connector;
    private readonly Backoff _backoff;
    private readonly ReconnectWait _wait;
    private readonly ILogger _logger;
    private readonly Func<LiveConnection, CancellationToken, Task>? _onConnected;
    private readonly Action<ConnectionSupervisor> _onStateChanged;
    private readonly CancellationTokenSource _stop = new();
    private readonly Telemetry _telemetry;
    private readonly BlockedTime _blocked;
    private bool _wasConnected; // of the loop

    // Everything below is written under this lock: by the loop, by the first caller and by the driver's reader when blocked.
    private readonly Lock _lock = new();
    private TaskCompletionSource<LiveConnection> _next = NewWaiters();
    private LiveConnection? _current;
    private BrokerConnectionException? _fault;
    private Task? _loop;
    private IDisposable? _counting;
    private bool _stopped;

    /// <param name="options">Frozen options.</param>
    /// <param name="role">What the connection is for, as the broker shows it.</param>
    /// <param name="random">Draws the jitter.</param>
    /// <param name="logger">Where state changes are told.</param>
    /// <param name="onConnected">Runs before anyone gets the connection; when it throws, the attempt has failed.</param>
    /// <param name="onStateChanged">Called after a change, from any thread: must only signal.</param>
    public ConnectionSupervisor(
        BrokerOptions options, string role, Random random, ILogger logger,
        Func<LiveConnection, CancellationToken, Task>? onConnected, Action<ConnectionSupervisor> onStateChanged)
    {
        _options = options;
        _role = role;
        _connector = new Connector(options, role);
        _backoff = Backoff.OfConnections(options, random);
        _wait = new ReconnectWait(options.TimeProvider);
        _logger = logger;
        _onConnected = onConnected;
        _onStateChanged = onStateChanged;
        _telemetry = new Telemetry(options.TimeProvider, logger);
        _blocked = new BlockedTime(options.TimeProvider);
    }

    /// <summary>What the last failed attempt, or the loss, was.</summary>
    public BrokerConnectionException? LastError { get; private set; }

    /// <summary>How many rounds over the hosts have failed since the last success.</summary>
    public int FailedRounds { get; private set; }

    /// <summary>
    /// After so many failed rounds those who wait are told, also of a failure that may pass; null lets them wait.
    /// </summary>
    public int? RoundsBeforeTelling { get; set; }

    /// <summary>
    /// The other connection of the client. While that one is tried for, this one is not: a client that has lost both knocks
    /// once. After each change of the leader <see cref="Hurry"/> is to be called here.
    /// </summary>
    public ConnectionSupervisor? Leader { get; init; }

    public BrokerConnectionState State
    {
        get
        {
            lock (_lock)
            {
                if (_stopped)
                    return BrokerConnectionState.Closed;
                if (_current is { } live)
                    return live.BlockedReason is null ? BrokerConnectionState.Connected : BrokerConnectionState.Blocked;
                if (_fault is not null)
                    return BrokerConnectionState.Faulted;
                // An attempt that has not failed yet is no reason to call a client that works otherwise anything but connected.
                return LastError is null ? BrokerConnectionState.Idle : BrokerConnectionState.Connecting;
            }
        }
    }

    /// <summary>What the alarm that blocks publishing is called; null when there is none.</summary>
    public string? BlockedReason
    {
        get
        {
            lock (_lock)
                return _current?.BlockedReason;
        }
    }

    /// <summary>The broker was seen to be there, or the leader has changed: if the next attempt waits, it is made now.</summary>
    public void Hurry() => _wait.Hurry();

    /// <summary>The connection, once there is one.</summary>
    /// <exception cref="BrokerConnectionException">There is none, for a reason that waiting does not mend.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public Task<LiveConnection> GetAsync(CancellationToken cancellationToken) =>
        GetAsync(throughFaults: false, cancellationToken);

    /// <summary>
    /// As <see cref="GetAsync(CancellationToken)"/>; with <paramref name="throughFaults"/> it waits until
    /// someone has mended the reason.
    /// </summary>
    public async Task<LiveConnection> GetAsync(bool throughFaults, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<LiveConnection> next;
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_stopped, typeof(BrokerClient));
                if (_current is { Lost.IsCompleted: false } live)
                    return live;
                if (_fault is { } fault && !throughFaults)
                    throw new BrokerConnectionException(fault.Reason, fault.Message, fault.ReplyCode, fault.ReplyText, fault);
                _counting ??= Metrics.BlockedTime.Add(_role, () => _blocked.Seconds, keep: true);
                _loop ??= Detached.Run(RunAsync);
                next = _next.Task;
            }

            try
            {
                return await next.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (BrokerConnectionException) when (throughFaults)
            {
                // Told to those who do not wait through it; the next attempt has waiters of its own.
            }
        }
    }

    /// <summary>As <see cref="GetAsync(CancellationToken)"/>, by <see cref="BrokerOptions.ConnectDeadline"/>.</summary>
    public async Task<LiveConnection> GetInTimeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(cancellationToken)
                .WithinAsync(_options.ConnectDeadline, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException timeout)
        {
            var last = LastError;
            throw new BrokerConnectionException(
                last?.Reason ?? ConnectionFailure.Unreachable,
                $"Gave up connecting after {_options.ConnectDeadline.TotalSeconds:0.#} s (BrokerOptions.ConnectDeadline). "
                    + last?.Message,
                last?.ReplyCode ?? 0, last?.ReplyText, (Exception?)last ?? timeout);
        }
    }

    /// <summary>
    /// One more connection, for a request that may cost its connection when the broker refuses it. The caller disposes it.
    /// </summary>
    public async Task<LiveConnection> OpenExtraAsync(CancellationToken cancellationToken)
    {
        BrokerConnectionException? failure = null;
        foreach (var endpoint in _options.Endpoints)
        {
            try
            {
                return await _connector.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            }
            catch (BrokerConnectionException error)
            {
                failure = error;
            }
        }

        throw failure!; // there is at least one endpoint
    }

    public async ValueTask DisposeAsync()
    {
        LiveConnection? live;
        Task? loop;
        lock (_lock)
        {
            if (_stopped)
                return;
            _stopped = true;
            live = _current;
            loop = _loop;
            _next.TrySetException(new ObjectDisposedException(nameof(BrokerClient)));
            Bounded.ObserveLater(_next.Task);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (live is not null)
            await live.DisposeAsync().ConfigureAwait(false);
        if (loop is not null)
            await loop.ConfigureAwait(false);
        _counting?.Dispose();
        _stop.Dispose();
        _onStateChanged(this);
    }

    private async Task RunAsync()
    {
        _onStateChanged(this);
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await _wait.WhileAsync(IsLeaderTriedFor, _stop.Token).ConfigureAwait(false);
                var live = await TryConnectAsync().ConfigureAwait(false);
                if (live is not null)
                {
                    await KeepAsync(live).ConfigureAwait(false);
                    if (Leader?.State is BrokerConnectionState.Connected or BrokerConnectionState.Blocked)
                        await _wait.ForAsync(s_moment, _stop.Token).ConfigureAwait(false);
                }

                if (FailedRounds >= RoundsBeforeTelling)
                    await Task.Delay(Timeout.InfiniteTimeSpan, _options.TimeProvider, _stop.Token)
                        .ConfigureAwait(false); // given up: whoever asked disposes
                var wait = _fault is null ? _backoff.Next() : _backoff.Slow();
                if (wait > TimeSpan.Zero)
                    await _wait.ForAsync(wait, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The client is being disposed.
        }
    }

    // What the leader was refused for is told to those who wait here when this one has been refused, too.
    private bool IsLeaderTriedFor() => Leader?.State switch
    {
        BrokerConnectionState.Connecting => true,
        BrokerConnectionState.Faulted => _fault is not null,
        _ => false,
    };

    private async Task<LiveConnection?> TryConnectAsync()
    {
        BrokerConnectionException? failure = null;
        foreach (var endpoint in _options.Endpoints)
        {
            try
            {
                var live = await _connector.ConnectAsync(endpoint, _stop.Token).ConfigureAwait(false);
                try
                {
                    if (_onConnected is not null)
                        await _onConnected(live, _stop.Token).ConfigureAwait(false);
                    return live;
                }
                catch
                {
                    await live.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            }
            catch (BrokerException error)
            {
                // Of several hosts, one that refuses says more than one that is away.
                var thisFailure = error as BrokerConnectionException ?? new BrokerConnectionException(
                    ConnectionFailure.Unreachable, error.Message, error.ReplyCode, error.ReplyText, error);
                failure = failure is { IsTransient: false } ? failure : thisFailure;
            }
        }

        Report(failure!); // there is at least one endpoint
        return null;
    }

    private async Task KeepAsync(LiveConnection live)
    {
        var isFirst = !_wasConnected;
        _wasConnected = true;
        live.BlockedChanged += () => OnBlockedChanged(live);
        if (Enter(live) is not { } waiters)
        {
            // It came up while the client was being disposed, which did not see it: nobody else would end it.
            await live.DisposeAsync().ConfigureAwait(false);
            return;
        }

        var since = _options.TimeProvider.GetTimestamp();
        Log.Connected(_logger, _role, live.Where, live.BrokerVersion);
        if (!isFirst)
            _telemetry.Count(Metrics.Reconnects, 1, queue: null, SemanticNames.ConnectionRole, _role);
        waiters.TrySetResult(live);
        _onStateChanged(this);

        if (live.Login is { ValidUntil: not null } login)
            Bounded.ObserveLater(KeepLoginAsync(live, login));
        var cause = await live.Lost.ConfigureAwait(false);
        _blocked.Set(false);
        lock (_lock)
        {
            _current = null;
            if (!_stopped)
                LastError = cause;
        }

        await live.DisposeAsync().ConfigureAwait(false);
        if (_stop.IsCancellationRequested)
            return;
        Log.ConnectionLost(_logger, _role, cause.Message);
        _onStateChanged(this);
        _backoff.NoteHeld(_options.TimeProvider.GetElapsedTime(since));
    }

    private Task KeepLoginAsync(LiveConnection live, BrokerCredentials login) => new CredentialsRefresh(
        _options, _role, new CredentialsSource(_options).GetAsync, live.UpdateSecretAsync, new Random(), _logger)
        .RunAsync(login, live.Generation);

    /// <summary>Makes it the current one, and returns those who wait for it; null once the client is disposed.</summary>
    private TaskCompletionSource<LiveConnection>? Enter(LiveConnection live)
    {
        lock (_lock)
        {
            if (_stopped)
                return null;
            var waiters = _next;
            _next = NewWaiters(); // for those who come when it is lost
            _current = live;
            _fault = null;
            FailedRounds = 0;
            return waiters;
        }
    }

    private void Report(BrokerConnectionException failure)
    {
        TaskCompletionSource<LiveConnection>? failed = null;
        bool isNews;
        lock (_lock)
        {
            isNews = FailedRounds == 0 || LastError?.Reason != failure.Reason;
            LastError = failure;
            FailedRounds++;
            _fault = failure.IsTransient ? null : failure;
            if (!_stopped && (_fault is not null || FailedRounds >= RoundsBeforeTelling))
            {
                failed = _next;
                _next = NewWaiters();
            }
        }

        if (!isNews)
            Log.ConnectFailedAgain(_logger, _role, failure.Message);
        else if (failure.IsTransient)
            Log.ConnectFailed(_logger, _role, failure.Message);
        else
            Log.ConnectRefused(_logger, _role, failure.Message);
        _onStateChanged(this);
        if (failed is not null && failed.TrySetException(failure))
            Bounded.ObserveLater(failed.Task);
    }

    private void OnBlockedChanged(LiveConnection live)
    {
        if (live.Lost.IsCompleted)
            return;
        _blocked.Set(live.BlockedReason is not null);
        if (live.BlockedReason is { } reason)
            Log.Blocked(_logger, _role, reason);
        else
            Log.Unblocked(_logger, _role);
        _onStateChanged(this);
    }

    private static TaskCompletionSource<LiveConnection> NewWaiters() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
