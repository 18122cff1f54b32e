using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Calls over direct reply-to: any thread asks, one channel carries the requests and their replies, and every call ends
/// in a reply or by its timeout. What was sent is never sent again.
/// </summary>
internal sealed class RpcClient : IRpcEvents, IAsyncDisposable
{
    private const int WritesInARow = 64;
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(2);

    private readonly BrokerOptions _options;
    private readonly ConnectionSupervisor _connections;
    private readonly Func<CancellationToken, Task> _topologyReady;
    private readonly ILogger _logger;
    private readonly Telemetry _telemetry;
    private readonly CallTable _calls;
    private readonly Action<PendingCall> _onCancelled;
    private readonly SoleWorker _writer;
    private readonly CancellationTokenSource _stop = new();

    // One timer for all, set to the earliest deadline: a call costs none of its own.
    private readonly Lock _timerLock = new();
    private readonly ITimer _timer;

    private long _lateReplies;
    private volatile RpcChannel? _channel;

    // Of the writer alone, of which there is one at a time.
    private readonly Backoff _backoff;
    private readonly ExchangeGate _gate;
    private LiveConnection? _heard;

    public RpcClient(
        BrokerOptions options, ConnectionSupervisor connections, Func<CancellationToken, Task> topologyReady,
        Random random, ILogger logger)
    {
        _options = options;
        _connections = connections;
        _topologyReady = topologyReady;
        _logger = logger;
        _telemetry = new Telemetry(options.TimeProvider, logger);
        _calls = new CallTable(options.Caller.Window);
        _backoff = Backoff.OfChannels(options, random);
        _gate = new ExchangeGate(options);
        _onCancelled = OnCancelled;
        _writer = new SoleWorker(WriteAllAsync);
        _timer = options.TimeProvider.CreateTimer(
            static client => ((RpcClient)client!).EndDue(), this, // the client itself
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many replies came for which no call waited.</summary>
    public long LateReplies => Volatile.Read(ref _lateReplies);

    // Not async: what is wrong with the arguments is thrown at once.
    public Task<Reply> CallAsync(
        string exchange, string routingKey, Message message, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Check.ShortString(exchange);
        Check.ShortString(routingKey);
        MessageCheck.Validate(message, _options.Publisher.MaxMessageBytes);
        if (message.ReplyTo is not null || message.CorrelationId is not null)
            throw new ArgumentException(
                "Message.ReplyTo and CorrelationId must be null: a call has its own address and number. "
                + "Put a number of the application into a header.",
                nameof(message));
        Check.PositiveOrNull(timeout, nameof(timeout));

        var limit = timeout ?? _options.Caller.Timeout;
        var call = new PendingCall(
            exchange, routingKey, message, limit,
            _options.TimeProvider.GetTimestamp() + (long)(limit.TotalSeconds * _options.TimeProvider.TimestampFrequency));
        call.Operation = _telemetry.Sending(OperationKind.Call, new Publication(exchange, routingKey, message), message.MessageId);
        call.CancelWith(_onCancelled, cancellationToken);
        if (!_calls.TryAdd(call, out var isSooner))
        {
            call.EndWithClient();
            return Observe(call);
        }

        if (isSooner)
            SetTimer();
        _writer.Ask(); // this thread writes it, where no other is writing
        return Observe(call);
    }

    public void OnReply(RpcChannel channel, ulong? number, Reply reply)
    {
        var isWaitedFor = false;
        var call = number is { } known ? _calls.Take(known, out isWaitedFor) : null;
        _backoff.Reset();
        if (call is not null && reply.Body.Length > _options.MaxInboundMessageBytes)
            call.RefuseReply(reply.Body.Length, _options.MaxInboundMessageBytes);
        else if (call?.Answer(reply) != true)
            Log.LateReply(_logger, Interlocked.Increment(ref _lateReplies));
        if (isWaitedFor)
            WriteSoon();
    }

    public void OnReturn(RpcChannel channel, ulong number, ushort code, string text)
    {
        _calls.Take(number, out var isWaitedFor)?.Return(code, text);
        _backoff.Reset();
        if (isWaitedFor)
            WriteSoon();
    }

    public void OnClosed(RpcChannel channel)
    {
        var lost = _calls.TakeSent(channel, out var newestAbandoned);
        if (lost.Count > 0)
            Log.CallsLost(_logger, channel.CloseReason, lost.Count);
        // The request that the broker refused is the newest of those that its words fit; older ones may have been handled.
        var refused = channel.PublishError is var (code, text) ? lost.FindLast(call => call.Fits(text)) : null;
        if (refused?.Number > newestAbandoned)
            refused.Reject(channel.PublishError!.Value.Code, channel.PublishError.Value.Text);
        var cause = channel.Connection.Lost is { IsCompletedSuccessfully: true } gone
            ? gone.GetAwaiter().GetResult()
            : null;
        foreach (var call in lost)
            call.Lose(cause?.Message ?? channel.CloseReason, cause);
        WriteSoon();
    }

    /// <summary>Ends every call, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var call in _calls.Close())
            call.EndWithClient();
        await _timer.DisposeAsync().ConfigureAwait(false);
        if (_channel is { } channel)
            await channel.CloseAsync(s_closeLimit).ConfigureAwait(false);
    }

    private static Task<Reply> Observe(PendingCall call)
    {
        if (call.Operation is not { } operation)
            return call.Task;
        var observed = operation.EndWithAsync(
            call.Task, static error => error is CallException known ? known.Reason.ToString() : $"{error.GetType()}");
        Bounded.ObserveLater(observed); // as the call itself is where it ends with its client
        return observed;
    }

    /// <summary>For callbacks of the driver, which waits for them.</summary>
    private void WriteSoon() =>
        ThreadPool.UnsafeQueueUserWorkItem(static client => client._writer.Ask(), this, preferLocal: false);

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Every call must end.")]
    private async Task WriteAllAsync()
    {
        try
        {
            await WriteWaitingAsync().ConfigureAwait(false);
        }
        catch (BrokerException error)
        {
            GiveUpWaiting(error.Message, error);
        }
        catch (Exception error)
            when (error is OperationCanceledException or ObjectDisposedException && _stop.IsCancellationRequested)
        {
            // Disposed, which ends the calls.
        }
        catch (Exception error)
        {
            // A defect of ours.
            Log.CallingFaulted(_logger, error, GiveUpWaiting(error.Message, error));
        }
    }

    private async Task WriteWaitingAsync()
    {
        for (var written = 1; ; written++)
        {
            var channel = _channel;
            if (channel is not { IsClosed: false } || channel.Connection.BlockedReason is not null)
            {
                if (!_calls.HasNext)
                    return;
                channel = await GetChannelAsync().ConfigureAwait(false);
                if (channel is null)
                    return;
            }

            if (_calls.Send(channel, _gate.Open, out var unknown) is { } call)
                await WriteAsync(channel, call).ConfigureAwait(false);
            else if (unknown is not null)
                await CheckExchangeAsync(channel, unknown).ConfigureAwait(false);
            else
                return;
            if (written % WritesInARow == 0)
                await Task.Yield(); // the thread is that of a caller who has come for one
        }
    }

    /// <summary>
    /// Null while the broker takes no publishes: whoever tells of the end of that asks for the writing again.
    /// </summary>
    /// <exception cref="BrokerException">There is none, for a reason that waiting does not mend.</exception>
    private async ValueTask<RpcChannel?> GetChannelAsync()
    {
        while (true)
        {
            if (_channel is { IsClosed: false } open)
                return open.Connection.BlockedReason is null ? open : null;
            if (_channel is { } gone)
                Retire(gone);
            var wait = _backoff.Next();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _options.TimeProvider, _stop.Token).ConfigureAwait(false);
            try
            {
                // Queues that went with the last connection are declared again first; requests to them would come back.
                await _topologyReady(_stop.Token).ConfigureAwait(false);
                var live = await _connections.GetAsync(_stop.Token).ConfigureAwait(false);
                Hear(live);
                if (live.BlockedReason is not null)
                    return null;
                _channel = await RpcChannel.OpenAsync(live, this, _options).ConfigureAwait(false);
            }
            catch (BrokerConnectionException error) when (error.IsTransient)
            {
                // The connection went meanwhile: the next round waits for the next.
                Log.CallingNotYet(_logger, error.Message);
            }
        }
    }

    private void Hear(LiveConnection live)
    {
        if (live == _heard)
            return;
        _heard = live;
        live.BlockedChanged += WriteSoon;
    }

    private void Retire(RpcChannel gone)
    {
        _channel = null;
        _gate.Learn(gone.Connection, gone.PublishError);
        Bounded.ObserveLater(gone.CloseAsync(s_closeLimit));
    }

    private async ValueTask CheckExchangeAsync(RpcChannel channel, PendingCall call)
    {
        try
        {
            if (await _gate.TryOpenAsync(channel.Connection, call.Exchange, _stop.Token).ConfigureAwait(false)
                is not var (code, text))
                return;
            _calls.Remove(call);
            call.Reject(code, text);
        }
        catch (BrokerConnectionException error)
        {
            // A loss is told to the channel too, and the call keeps its place for the next.
            if (channel.Connection.Lost.IsCompleted)
                return;
            _calls.Remove(call);
            call.GiveUp(error.Message, error);
        }
    }

    private async ValueTask WriteAsync(RpcChannel channel, PendingCall call)
    {
        try
        {
            await channel.SendAsync(
                call.Number, call.Exchange, call.RoutingKey, call.Message, TimeLeft(call), call.Operation).ConfigureAwait(false);
        }
        catch (Exception error) when (DriverErrors.IsGone(error))
        {
            // Not written. The driver may know of the end before it tells.
            _calls.Unsend(call);
            Retire(channel);
        }
        catch (Exception error)
        {
            // Nothing was written: the mistake is in this message alone.
            _calls.Remove(call);
            call.GiveUp($"The message could not be encoded: {error.Message}", error);
        }

        if (channel.IsClosed)
            OnClosed(channel); // told before this call was among those that it ends, perhaps
    }

    private TimeSpan TimeLeft(PendingCall call)
    {
        var left = _options.TimeProvider.GetElapsedTime(_options.TimeProvider.GetTimestamp(), call.DeadlineAt);
        return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private void OnCancelled(PendingCall call)
    {
        if (_calls.Remove(call))
            WriteSoon();
    }

    private int GiveUpWaiting(string reason, Exception error)
    {
        var waiting = _calls.TakeWaiting();
        foreach (var call in waiting)
            call.GiveUp(reason, error);
        return waiting.Count;
    }

    private void EndDue()
    {
        var due = _calls.TakeDue(_options.TimeProvider.GetTimestamp());
        foreach (var call in due)
        {
            if (call.Channel is not null)
                call.TimeOut();
            else if (_connections.BlockedReason is { } alarm)
                call.NotSentInTime($"the broker took no publishes ({alarm}).", error: null);
            else if (_channel is { IsClosed: false })
                call.NotSentInTime(
                    "it had no turn: CallerOptions.Window is full of calls without a reply, or the broker reads slowly.",
                    error: null);
            else
                call.NotSentInTime(
                    $"there was no connection. {_connections.LastError?.Message}".TrimEnd(), _connections.LastError);
        }

        SetTimer();
        if (due.Count > 0)
            WriteSoon();
    }

    // Looks the deadline up under the lock, so that of two who set it the later is not the one that knew less.
    private void SetTimer()
    {
        lock (_timerLock)
        {
            var next = _calls.NextDeadline;
            var wait = next == long.MaxValue
                ? Timeout.InfiniteTimeSpan
                : _options.TimeProvider.GetElapsedTime(_options.TimeProvider.GetTimestamp(), next);
            // In whole milliseconds, up: a timer that is early would only have to be set again.
            if (next != long.MaxValue)
                wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, uint.MaxValue - 2));
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}
