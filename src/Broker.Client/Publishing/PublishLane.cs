using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// One publishing channel over all its reconnects: a queue that any thread adds to, and one writer that numbers, registers and sends. What was
/// not confirmed when a channel was lost goes first on the next one, in its old order.
/// </summary>
internal sealed partial class PublishLane : IPublishEvents, IAsyncDisposable
{
    private const ushort NotFound = 404;
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

    // Callers, the writer, the driver's reader and the sweeper meet under this lock; none of them waits for anything in it.
    private readonly Lock _lock = new();
    private readonly Queue<PendingPublish> _resend = new();
    private readonly Queue<PendingPublish> _queue = new();
    private readonly PublishWindow _window;
    private readonly ConfirmTracker _tracker;
    private PublishChannel? _channel;
    private Task? _writer;
    private long? _blockedSince;
    private bool _sweeping;
    private bool _stopping;

    // Of the writer alone: one message at a time, to find the one over which the broker closes the channel.
    private bool _oneByOne;

    public PublishLane(BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady, Random random, ILogger logger)
    {
        _options = options;
        _connections = connections;
        _topologyReady = topologyReady;
        _logger = logger;
        _backoff = new Backoff(options.ReconnectDelay, options.MaxReconnectDelay, random);
        _window = new PublishWindow(options.Publisher.WindowMessages, options.Publisher.WindowBytes);
        // Twice the window: a confirm that is late holds its place in the ring, and the others go on past it.
        _tracker = new ConfirmTracker(options.Publisher.WindowMessages * 2, _window);
        _giveUpIfDue = GiveUpIfDue;
        _sweeper = options.TimeProvider.CreateTimer(static lane => ((PublishLane)lane!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // the lane itself
    }

    public void Add(PendingPublish publish)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                publish.End(PublishOutcome.NotSent, 0, "The client is disposed.", new ObjectDisposedException(nameof(BrokerClient)));
                return;
            }

            _queue.Enqueue(publish);
            _writer ??= Task.Run(WriteAllAsync);
            if (!_sweeping)
            {
                _sweeping = true;
                _sweeper.Change(s_sweepPeriod, s_sweepPeriod);
            }
        }

        _wake.Set();
    }

    public void OnConfirm(PublishChannel channel, ulong number, bool multiple, bool accepted)
    {
        lock (_lock)
        {
            if (channel != _channel)
                return;
            _tracker.Settle(number, multiple, accepted);
        }

        _backoff.Reset();
        _wake.Set();
    }

    public void OnReturn(PublishChannel channel, ulong number, ushort code, string text)
    {
        lock (_lock)
        {
            if (channel == _channel)
                _tracker.MarkReturned(number, code, text);
        }
    }

    public void OnClosed(PublishChannel channel) => _wake.Set();

    /// <summary>Takes nothing more, waits for what is under way as long as the limit allows, and ends the rest by name.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        Task? writer;
        lock (_lock)
        {
            _stopping = true;
            writer = _writer;
        }

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
        EndAll("The client was disposed before the confirm came.", new ObjectDisposedException(nameof(BrokerClient)));
        if (writer is not null)
            await writer.WithinAsync(limit, _options.TimeProvider).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
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
                EndAll(error.Message, error);
            }
            catch (BrokerException)
            {
                // The connection went while the channel was opening; the supervisor tells, and the next round waits for it.
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException && _stop.IsCancellationRequested)
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
        // Queues that went with the last connection are declared again on the consuming one; before that, messages to them would come back.
        await _topologyReady(_stop.Token).ConfigureAwait(false);
        var live = await _connections.GetAsync(_stop.Token).ConfigureAwait(false);
        return await PublishChannel.OpenAsync(live, this).ConfigureAwait(false);
    }

    private async ValueTask<bool> WaitForWorkAsync()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_resend.Count + _queue.Count > 0)
                    return true;
                if (_stopping)
                    return false;
            }

            await _wake.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteOnOneChannelAsync(PublishChannel channel)
    {
        var onBlockedChanged = _wake.Set;
        lock (_lock)
            _channel = channel;
        channel.Connection.BlockedChanged += onBlockedChanged;
        try
        {
            while (await WaitForTurnAsync(channel).ConfigureAwait(false) is { } publish)
            {
                if (!_knownExchanges.Contains(publish.Exchange) && !await CheckExchangeAsync(channel, publish).ConfigureAwait(false))
                    continue;
                await WriteAsync(channel, publish).ConfigureAwait(false);
            }
        }
        finally
        {
            channel.Connection.BlockedChanged -= onBlockedChanged;
            Recover(channel);
            await channel.CloseAsync(TimeSpan.FromSeconds(2), _options.TimeProvider).ConfigureAwait(false);
        }
    }

    /// <summary>The next message, left at the head of its queue, once it may be written; null when the channel is done with.</summary>
    private async ValueTask<PendingPublish?> WaitForTurnAsync(PublishChannel channel)
    {
        while (true)
        {
            if (channel.IsClosed)
                return null;
            lock (_lock)
            {
                var isBlocked = channel.Connection.BlockedReason is not null;
                _blockedSince = isBlocked ? _blockedSince ?? _options.TimeProvider.GetTimestamp() : null;
                _oneByOne &= _resend.Count + _tracker.Count > 0;
                var next = Peek();
                if (next is null && _stopping && _tracker.Count == 0)
                    return null;
                if (next is not null && !isBlocked && _tracker.HasRoom && _window.HasRoomFor(next.Bytes) && !(_oneByOne && _tracker.Count > 0))
                    return next;
            }

            await _wake.WaitAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(PublishChannel channel, PendingPublish publish)
    {
        ulong number;
        lock (_lock)
        {
            Dequeue(publish);
            if (!publish.TryWrite(_options.TimeProvider.GetTimestamp()))
                return;
            number = _tracker.Register(publish);
        }

        try
        {
            await channel.SendAsync(number, publish.Exchange, publish.RoutingKey, publish.Mandatory, publish.Message, publish.MessageId).ConfigureAwait(false);
        }
        catch (Exception error) when (channel.IsClosed && DriverErrors.IsGone(error))
        {
            // In doubt, as everything else that is registered: the next round notices the closed channel and sends it again.
        }
        catch (Exception error)
        {
            // Nothing was written and nothing counted: the mistake is in this message alone.
            lock (_lock)
                _tracker.Unregister(number);
            publish.Unwrite();
            publish.GiveUp($"The message could not be encoded: {error.Message}", error);
        }
    }

    /// <summary>
    /// A publish to an exchange that does not exist closes the channel under all others, and by then the broker names it in a text only. So a name
    /// is looked up before it is used first; here and not by the caller, so that the order of the calls is kept.
    /// </summary>
    private async ValueTask<bool> CheckExchangeAsync(PublishChannel channel, PendingPublish publish)
    {
        try
        {
            if (await TopologyDeclarer.ExchangeExistsAsync(channel.Connection, publish.Exchange, _stop.Token).ConfigureAwait(false))
            {
                _knownExchanges.Add(publish.Exchange);
                return true;
            }

            Refuse(publish, NotFound, $"There is no exchange '{publish.Exchange}' in virtual host '{_options.VirtualHost}'. Declare it first, or check its name.");
        }
        catch (TopologyException error)
        {
            Refuse(publish, error.ReplyCode, error.Message);
        }
        catch (BrokerConnectionException)
        {
            // The connection's end is told to the channel too; the message keeps its place until then.
        }

        return false;

        void Refuse(PendingPublish refused, ushort code, string text)
        {
            lock (_lock)
                Dequeue(refused);
            refused.End(PublishOutcome.Rejected, code, text);
        }
    }

    /// <summary>After a channel: what was on the wire goes back to the head, except the message over which the broker closed it.</summary>
    private void Recover(PublishChannel channel)
    {
        List<PendingPublish> unconfirmed;
        lock (_lock)
        {
            _channel = null;
            _blockedSince = null;
            unconfirmed = _tracker.TakeAll();
        }

        if (unconfirmed.Count > 0)
            Log.PublishChannelLost(_logger, channel.CloseReason, unconfirmed.Count);
        if (channel.PublishError is var (code, text))
            unconfirmed = Isolate(unconfirmed, code, text);
        else
            _knownExchanges.IntersectWith([""]); // a broker that was away may have come back without some

        lock (_lock)
        {
            foreach (var later in _resend)
                unconfirmed.Add(later);
            _resend.Clear();
            foreach (var publish in unconfirmed)
                _resend.Enqueue(publish);
        }

        if (_stop.IsCancellationRequested)
            EndAll("The client was disposed before the confirm came.", new ObjectDisposedException(nameof(BrokerClient)));
    }

    private List<PendingPublish> Isolate(List<PendingPublish> unconfirmed, ushort code, string text)
    {
        if (code == NotFound && MissingExchange().Match(text) is { Success: true } match)
        {
            var exchange = match.Groups[1].Value;
            _knownExchanges.Remove(exchange);
            foreach (var publish in unconfirmed.Where(publish => publish.Exchange == exchange))
                Refuse(publish);
            return [.. unconfirmed.Where(publish => publish.Exchange != exchange)];
        }

        if (unconfirmed.Count == 1)
        {
            Refuse(unconfirmed[0]);
            return [];
        }

        // Any of them may be the one: they are sent again one at a time until it shows.
        _oneByOne = unconfirmed.Count > 0;
        return unconfirmed;

        void Refuse(PendingPublish publish)
        {
            Log.PublishRefused(_logger, publish.Exchange, publish.RoutingKey, text);
            publish.End(PublishOutcome.Rejected, code, text);
        }
    }

    private void Sweep()
    {
        PublishChannel? stalled = null;
        var age = TimeSpan.Zero;
        lock (_lock)
        {
            foreach (var publish in _resend)
                GiveUpIfDue(publish);
            foreach (var publish in _queue)
                GiveUpIfDue(publish);
            _tracker.Sweep(_giveUpIfDue);
            // What has ended need not be kept until the writer comes to it: without a connection that could be long.
            while (_resend.TryPeek(out var first) && first.HasEnded)
                _resend.Dequeue();
            while (_queue.TryPeek(out var first) && first.HasEnded)
                _queue.Dequeue();

            if (_tracker.Oldest is { } oldest && _blockedSince is null)
            {
                age = _options.TimeProvider.GetElapsedTime(oldest.WrittenAt);
                if (age > _options.Publisher.Deadline)
                    stalled = _channel;
            }

            if (_resend.Count + _queue.Count + _tracker.Count == 0)
            {
                _sweeping = false;
                _sweeper.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        _wake.Set();
        if (stalled is null)
            return;
        Log.ConfirmsStalled(_logger, stalled.Connection.Where, age.TotalSeconds);
        stalled.Connection.Kill(new BrokerConnectionException(
            ConnectionFailure.Timeout, $"{stalled.Connection.Where} confirmed nothing for {age.TotalSeconds:0.#} s."));
    }

    private void GiveUpIfDue(PendingPublish publish)
    {
        if (publish.HasEnded)
            return;
        var now = _options.TimeProvider.GetTimestamp();
        if (now >= publish.DeadlineAt)
        {
            var error = _channel is null ? _connections.LastError : null;
            publish.GiveUp(
                _blockedSince is not null ? $"The broker takes no publishes ({_connections.BlockedReason}), and the deadline is over."
                : error is not null ? $"The deadline is over, and there is no connection: {error.Message}"
                : "The deadline is over without a confirm.",
                error);
        }
        else if (_options.BlockedTimeout is { } limit && _blockedSince is { } since && _options.TimeProvider.GetElapsedTime(Math.Max(since, publish.CalledAt), now) >= limit)
        {
            publish.GiveUp($"The broker has taken no publishes for {limit.TotalSeconds:0.#} s ({_connections.BlockedReason}; BrokerOptions.BlockedTimeout).");
        }
    }

    private void EndAll(string reason, Exception error)
    {
        lock (_lock)
        {
            foreach (var publish in _resend.Concat(_queue))
                publish.GiveUp(reason, error);
            _resend.Clear();
            _queue.Clear();
            _tracker.Sweep(publish => publish.GiveUp(reason, error));
        }
    }

    private PendingPublish? Peek()
    {
        while (_resend.TryPeek(out var first))
        {
            if (!first.HasEnded)
                return first;
            _resend.Dequeue();
        }

        while (_queue.TryPeek(out var first))
        {
            if (!first.HasEnded)
                return first;
            _queue.Dequeue();
        }

        return null;
    }

    // The sweeper may have removed it, where it ended meanwhile.
    private void Dequeue(PendingPublish publish)
    {
        if (_resend.TryPeek(out var first) && first == publish)
            _resend.Dequeue();
        else if (_queue.TryPeek(out first) && first == publish)
            _queue.Dequeue();
    }

    // "NOT_FOUND - no exchange 'x' in vhost '/'"
    [GeneratedRegex("no exchange '(.*?)' in vhost")]
    private static partial Regex MissingExchange();
}
