using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// One publishing channel over all its reconnects: a queue that any thread adds to, and one writer that numbers,
/// registers and sends. What was not confirmed when a channel was lost goes first on the next one, in its old order.
/// </summary>
internal sealed class PublishLane : IPublishEvents, IAsyncDisposable
{
    private const ushort NotFound = 404;
    private const int LargestOnLoan = 16 * 1024;
    private static readonly TimeSpan s_pause = TimeSpan.FromMicroseconds(50);

    private readonly BrokerOptions _options;
    private readonly ConnectionSupervisor _connections;
    private readonly Func<CancellationToken, Task> _topologyReady;
    private readonly ILogger _logger;
    private readonly Backoff _backoff;
    private readonly AsyncSignal _wake = new();
    private readonly PublishDeadlines _deadlines;
    private readonly HashSet<string> _knownExchanges = new(StringComparer.Ordinal) { "" };
    private readonly CancellationTokenSource _stop = new();
    private readonly PublishBacklog _backlog;
    private readonly long _pause; // in timestamps

    // Started by the first caller.
    private readonly Lock _startLock = new();
    private Task? _writer;
    private IDisposable? _counting;

    private volatile bool _stopping;
    private long _lastTurnAt; // written by the writer, read by all

    // Of the writer alone.
    private readonly PoisonSearch _poison;
    private Loan _loan;

    public PublishLane(
        BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady,
        Random random, ILogger logger)
    {
        _options = options;
        _connections = connections;
        _topologyReady = topologyReady;
        _logger = logger;
        _poison = new PoisonSearch(logger);
        _backoff = Backoff.OfChannels(options, random);
        _backlog = new PublishBacklog(options.Publisher.WindowMessages, options.Publisher.WindowBytes);
        _deadlines = new PublishDeadlines(options, connections, _backlog, () => _wake.Set(), logger);
        _pause = (long)(s_pause.TotalSeconds * options.TimeProvider.TimestampFrequency);
    }

    public void Add(PendingPublish publish)
    {
        _deadlines.GiveUpIfBlocked(publish); // the writer forgets it then
        var (calledAt, bytes) = (publish.CalledAt, publish.Bytes); // once added it may end, and be another publish
        if (!_backlog.TryAdd(publish))
        {
            publish.End(PublishOutcome.NotSent, 0, "The client is disposed.", new ObjectDisposedException(nameof(BrokerClient)));
            publish.Forget();
            return;
        }

        if (_writer is null)
            StartWriter();
        _deadlines.Start();
        // After a pause the caller itself writes its message: waking a thread for that would take longer than the writing.
        _wake.Set(here: _deadlines.HasChannel && calledAt - Volatile.Read(ref _lastTurnAt) > _pause && bytes < LargestOnLoan);
    }

    public void OnConfirm(PublishChannel channel, ulong number, bool multiple, bool accepted)
    {
        var hasQueued = _backlog.Settle(channel, number, multiple, accepted);
        _backoff.Reset();
        if (hasQueued || _stopping)
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
        var left = _backlog.GiveUpAll("The client was disposed before the confirm came.", new ObjectDisposedException(nameof(BrokerClient)));
        if (left > 0)
            Log.PublishesLeft(_logger, left, limit);
        if (writer is not null)
            await writer.WithinAsync(limit, _options.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await _deadlines.DisposeAsync().ConfigureAwait(false);
        _counting?.Dispose();
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
        return await PublishChannel.OpenAsync(live, this, _options.TimeProvider).ConfigureAwait(false);
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
        Action onMayGoOn = () => _wake.Set();
        _deadlines.HasChannel = true;
        _backlog.Attach(channel);
        channel.MayGoOn += onMayGoOn;
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
            channel.MayGoOn -= onMayGoOn;
            Recover(channel);
            await channel.CloseAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        }
    }

    /// <summary>What is next, once it may be done; null when the channel is done with.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PublishTurn?> WaitForTurnAsync(PublishChannel channel)
    {
        while (true)
        {
            if (channel.IsClosed || channel.RefusesAll || _stop.IsCancellationRequested)
                return null;
            var isBlocked = channel.Connection.BlockedReason is not null;
            _deadlines.SetBlocked(isBlocked);
            if (_poison.IsOn)
                _poison.EndUnless(_backlog.IsRecovering);
            var now = _options.TimeProvider.GetTimestamp();
            if (!isBlocked && channel.TryReserve())
            {
                var turn = _backlog.Next(_poison.IsOn, _knownExchanges, now);
                if (turn?.Publish is null)
                    channel.Release();
                if (turn is not null)
                {
                    await TakeTurnAsync(now).ConfigureAwait(false);
                    return turn;
                }
            }

            if (_stopping && _backlog.IsEmpty)
                return null;
            _loan = await _wake.WaitAsync().ConfigureAwait(false) ? Loan.Fresh : Loan.None;
        }
    }

    // What a caller lends is its thread for one turn. The next one of the same run is on a thread of the pool.
    private async ValueTask TakeTurnAsync(long now)
    {
        Volatile.Write(ref _lastTurnAt, now);
        if (_loan == Loan.Spent)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _loan = _loan == Loan.Fresh ? Loan.Spent : Loan.None;
    }

    /// <summary>False when the channel is of no more use: the message is in doubt then, as everything else on its wire.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TryWriteAsync(PublishChannel channel, ulong number, PendingPublish publish)
    {
        try
        {
            await channel.SendAsync(
                number, publish.Publication, publish.Mandatory, publish.MessageId, publish.Attempts, publish.Operation)
                .ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            channel.Release(); // the channel is gone, and perhaps not its connection
            return false;
        }
        catch (Exception error)
        {
            // Nothing was written and nothing counted: the mistake is in this message alone.
            channel.Release();
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
        _deadlines.HasChannel = false;
        _deadlines.SetBlocked(false);
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

    private void StartWriter()
    {
        lock (_startLock)
        {
            _counting ??= Metrics.Unconfirmed.Add("", () => _backlog.Unconfirmed);
            _writer ??= Detached.Run(WriteAllAsync);
        }
    }

    /// <summary>Whether the writer is on the thread of a caller, who lends it for one turn.</summary>
    private enum Loan
    {
        None,
        Fresh,
        Spent,
    }
}
