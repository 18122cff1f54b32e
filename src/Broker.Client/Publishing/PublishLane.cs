using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// One publishing channel over all its reconnects: a queue that any thread adds to, and one writer that numbers,
/// registers and sends. What was not confirmed when a channel was lost goes first on the next one, in its old order.
/// </summary>
internal sealed class PublishLane : IPublishEvents, IAsyncDisposable
{
    private const ushort NotFound = 404;
    private const long NotBlocked = -1;
    private static readonly TimeSpan s_sweepPeriod = TimeSpan.FromMilliseconds(200);

    private readonly BrokerOptions _options;
    private readonly ConnectionSupervisor _connections;
    private readonly Func<CancellationToken, Task> _topologyReady;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly AsyncSignal _wake = new();
    private readonly ITimer _sweeper;
    private readonly Action<PendingPublish> _giveUpIfDue;
    private readonly HashSet<string> _knownExchanges = new(StringComparer.Ordinal) { "" };
    private readonly CancellationTokenSource _stop = new();
    private readonly PublishBacklog _backlog;

    // Started by the first caller.
    private readonly Lock _startLock = new();
    private Task? _writer;
    private volatile bool _sweeping;

    // Written by the writer, read by all.
    private volatile bool _hasChannel;
    private volatile bool _stopping;
    private long _blockedSince = NotBlocked;
    private long _sweptAt;

    // Of the writer alone.
    private readonly PoisonSearch _poison;

    public PublishLane(
        BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady,
        Random random, ILogger logger)
    {
        _options = options;
        _connections = connections;
        _topologyReady = topologyReady;
        _logger = logger;
        _poison = new PoisonSearch(logger);
        _backoff = new Backoff(options.ReconnectDelay, options.MaxReconnectDelay, random);
        _backlog = new PublishBacklog(options.Publisher.WindowMessages, options.Publisher.WindowBytes);
        _giveUpIfDue = GiveUpIfDue;
        _sweeper = options.TimeProvider.CreateTimer(
            static lane => ((PublishLane)lane!).Sweep(), this, // the lane itself
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Add(PendingPublish publish)
    {
        if (_options.BlockedTimeout == TimeSpan.Zero && _connections.BlockedReason is not null)
            publish.GiveUp(Blocked(TimeSpan.Zero)); // and the writer forgets it

        if (!_backlog.TryAdd(publish))
        {
            publish.End(PublishOutcome.NotSent, 0, "The client is disposed.", new ObjectDisposedException(nameof(BrokerClient)));
            publish.Forget();
            return;
        }

        if (_writer is null || !_sweeping)
            Start();
        _wake.Set();
    }

    public void OnConfirm(PublishChannel channel, ulong number, bool multiple, bool accepted)
    {
        _backlog.Settle(channel, number, multiple, accepted);
        _backoff.Reset();
        _wake.Set();
    }

    public void OnReturn(PublishChannel channel, ulong? number, string messageId, ushort code, string text) =>
        _backlog.MarkReturned(channel, number, messageId, code, text);

    public void OnClosed(PublishChannel channel) => _wake.Set();

    /// <summary>Takes nothing more, waits for what is under way as long as the limit allows, and ends the rest by name.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        _backlog.Close();
        _stopping = true;
        Task? writer;
        lock (_startLock)
            writer = _writer;
        if (_backlog.IsEmpty)
            await _stop.CancelAsync().ConfigureAwait(false); // nothing to wait for, and least of all a connection
        _wake.Set();
        try
        {
            if (writer is not null)
                await writer.WaitAsync(limit, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Not in time: what is left ends below.
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _wake.Set();
        _backlog.GiveUpAll("The client was disposed before the confirm came.", new ObjectDisposedException(nameof(BrokerClient)));
        if (writer is not null)
            await writer.WithinAsync(limit, _options.TimeProvider)
                .ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WriteAllAsync()
    {
        while (await WaitForWorkAsync().ConfigureAwait(false))
        {
            try
            {
                var wait = _backoff.Next();
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, _options.TimeProvider, _stop.Token).ConfigureAwait(false);
                await WriteOnOneChannelAsync(await OpenAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (BrokerConnectionException error) when (!error.IsTransient)
            {
                _backlog.GiveUpAll(error.Message, error);
            }
            catch (BrokerException)
            {
                // The connection went while the channel was opening; the supervisor tells, and the next round waits for it.
            }
            catch (Exception error)
                when (error is OperationCanceledException or ObjectDisposedException && _stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // A defect of ours. Nothing waits for it: what is queued goes on, on the next channel, or ends by its deadline.
                Log.WriterFaulted(_logger, error);
            }
        }
    }

    private async Task<PublishChannel> OpenAsync()
    {
        // Queues that went with the last connection are declared again on the consuming one; before that,
        // messages to them would come back.
        await _topologyReady(_stop.Token).ConfigureAwait(false);
        var live = await _connections.GetAsync(_stop.Token).ConfigureAwait(false);
        return await PublishChannel.OpenAsync(live, this).ConfigureAwait(false);
    }

    private async ValueTask<bool> WaitForWorkAsync()
    {
        while (true)
        {
            if (_backlog.HasQueued)
                return true;
            if (_stopping)
                return false;
            await _wake.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteOnOneChannelAsync(PublishChannel channel)
    {
        var onBlockedChanged = _wake.Set;
        _hasChannel = true;
        _backlog.Attach(channel);
        channel.Connection.BlockedChanged += onBlockedChanged;
        try
        {
            while (await WaitForTurnAsync(channel).ConfigureAwait(false) is { } turn)
            {
                if (turn.UnknownExchange is { } exchange)
                    await CheckExchangeAsync(channel, exchange).ConfigureAwait(false);
                else if (!await TryWriteAsync(channel, turn.Number, turn.Publish!).ConfigureAwait(false)) // one of the two
                    break;
            }
        }
        finally
        {
            channel.Connection.BlockedChanged -= onBlockedChanged;
            Recover(channel);
            await channel.CloseAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        }
    }

    /// <summary>What is next, once it may be done; null when the channel is done with.</summary>
    private async ValueTask<PublishTurn?> WaitForTurnAsync(PublishChannel channel)
    {
        while (true)
        {
            if (channel.IsClosed || _stop.IsCancellationRequested)
                return null;
            var isBlocked = channel.Connection.BlockedReason is not null;
            if (!isBlocked)
                Volatile.Write(ref _blockedSince, NotBlocked);
            else if (Volatile.Read(ref _blockedSince) == NotBlocked)
                Volatile.Write(ref _blockedSince, _options.TimeProvider.GetTimestamp());
            _poison.EndUnless(_backlog.IsRecovering);
            if (!isBlocked
                && _backlog.Next(_poison.IsOn, _knownExchanges, _options.TimeProvider.GetTimestamp()) is { } next)
                return next;
            if (_stopping && _backlog.IsEmpty)
                return null;
            await _wake.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>False when the channel is of no more use: the message is in doubt then, as everything else on its wire.</summary>
    private async ValueTask<bool> TryWriteAsync(PublishChannel channel, ulong number, PendingPublish publish)
    {
        try
        {
            await channel.SendAsync(number, publish.Publication, publish.Mandatory, publish.MessageId, publish.Attempts)
                .ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            return false;
        }
        catch (Exception error)
        {
            // Nothing was written and nothing counted: the mistake is in this message alone.
            _backlog.TakeBack(number, $"The message could not be encoded: {error.Message}", error);
            return true;
        }
    }

    /// <summary>
    /// A publish to an exchange that does not exist closes the channel under all others, and by then the broker
    /// names it in a text only. So a name is looked up before it is used first; here and not by the caller, so that
    /// the order of the calls is kept.
    /// </summary>
    private async ValueTask CheckExchangeAsync(PublishChannel channel, string exchange)
    {
        try
        {
            if (await TopologyDeclarer.ExchangeExistsAsync(channel.Connection, exchange, _stop.Token).ConfigureAwait(false))
                _knownExchanges.Add(exchange);
            else
                _backlog.RefuseFirst(
                    exchange, NotFound, $"There is no exchange '{exchange}' in virtual host '{_options.VirtualHost}'. "
                    + "Declare it first, or check its name.");
        }
        catch (TopologyException error)
        {
            _backlog.RefuseFirst(exchange, error.ReplyCode, error.Message);
        }
        catch (BrokerConnectionException)
        {
            // The connection's end is told to the channel too; the message keeps its place until then.
        }
    }

    /// <summary>
    /// After a channel: what was on the wire goes back to the head, except the message over which the broker closed it.
    /// </summary>
    private void Recover(PublishChannel channel)
    {
        _hasChannel = false;
        Volatile.Write(ref _blockedSince, NotBlocked);
        var unconfirmed = _backlog.TakeUnconfirmed(out var onTheWire);
        if (unconfirmed.Count > 0)
            Log.PublishChannelLost(_logger, channel.CloseReason, unconfirmed.Count);
        if (channel.PublishError is var (code, text))
        {
            if (PoisonSearch.MissingExchange(code, text) is { } missing)
                _knownExchanges.Remove(missing);
            unconfirmed = _poison.Isolate(unconfirmed, onTheWire, code, text);
        }
        else
        {
            _knownExchanges.IntersectWith([""]); // a broker that was away may have come back without some
        }

        _backlog.PutFirst(unconfirmed);
        if (_stop.IsCancellationRequested)
            _backlog.GiveUpAll(
                "The client was disposed before the confirm came.", new ObjectDisposedException(nameof(BrokerClient)));
    }

    private void Start()
    {
        lock (_startLock)
        {
            _writer ??= Task.Run(WriteAllAsync);
            if (_sweeping)
                return;
            _sweeping = true;
            _sweeper.Change(s_sweepPeriod, s_sweepPeriod);
        }
    }

    // Looked at again after the flag is down: whoever added in between saw it up and did not start the sweeper.
    private void Rest()
    {
        lock (_startLock)
        {
            _sweeping = false;
            _sweeper.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        if (!_backlog.IsEmpty)
            Start();
    }

    private void Sweep()
    {
        _sweptAt = _options.TimeProvider.GetTimestamp();
        var oldest = _backlog.Sweep(_giveUpIfDue);
        if (_backlog.IsEmpty)
            Rest();
        _wake.Set();
        if (oldest is not (var since, PublishChannel channel) || Volatile.Read(ref _blockedSince) != NotBlocked)
            return;
        var age = _options.TimeProvider.GetElapsedTime(since);
        if (age <= _options.Publisher.Deadline)
            return;
        Log.ConfirmsStalled(_logger, channel.Connection.Where, age.TotalSeconds);
        channel.Connection.Kill(new BrokerConnectionException(
            ConnectionFailure.Timeout, $"{channel.Connection.Where} confirmed nothing for {age.TotalSeconds:0.#} s."));
    }

    private void GiveUpIfDue(PendingPublish publish)
    {
        if (publish.HasEnded)
            return;
        var now = _sweptAt;
        var blockedSince = Volatile.Read(ref _blockedSince);
        if (now >= publish.DeadlineAt)
        {
            var error = _hasChannel ? null : _connections.LastError;
            publish.GiveUp(
                blockedSince != NotBlocked ? $"The broker takes no publishes ({_connections.BlockedReason}), "
                    + "and the deadline is over."
                : error is not null ? $"The deadline is over, and there is no connection: {error.Message}"
                : "The deadline is over without a confirm.",
                error);
        }
        else if (_options.BlockedTimeout is { } limit && blockedSince != NotBlocked
            && _options.TimeProvider.GetElapsedTime(Math.Max(blockedSince, publish.CalledAt), now) >= limit)
        {
            publish.GiveUp(Blocked(limit));
        }
    }
    private string Blocked(TimeSpan limit) =>
        $"The broker has taken no publishes for {limit.TotalSeconds:0.#} s "
        + $"({_connections.BlockedReason}; BrokerOptions.BlockedTimeout).";
}
