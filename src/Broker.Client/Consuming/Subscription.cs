using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>What every subscription of a client shares.</summary>
internal sealed record ConsumingContext(
    BrokerOptions Options, ConnectionSupervisor Connections, BrokerTopology Topology, Parking Parking,
    Func<Random> NewRandom, ILogger Logger);

/// <summary>
/// A queue's deliveries over all reconnects: one channel after the other, restarted by a lost connection, a closed
/// channel and a cancel by the broker. Lanes and enumerations take from it.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose.")]
internal sealed class Subscription
{
    /// <summary>How long a queue may be away, or in another's hands, before that is taken for final.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly ConsumingContext _context;
    private readonly ConsumeRequest _request;
    private readonly TimeSpan _drainTimeout;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<BrokerException?> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Holds no more than the prefetch of a generation: the broker sends nothing beyond it.
    private readonly Channel<(ConsumerGeneration Generation, Delivery Delivery)> _buffer =
        Channel.CreateUnbounded<(ConsumerGeneration, Delivery)>(
            new UnboundedChannelOptions { AllowSynchronousContinuations = false });

    // The one that delivers is last; before it those that the broker has cancelled, until their verdicts are in.
    private readonly Lock _lock = new();
    private readonly List<ConsumerGeneration> _open = [];
    private Task _supervising = Task.CompletedTask;
    private int _released;

    public Subscription(ConsumingContext context, string queue, ConsumerOptions options)
    {
        _context = context;
        _request = new ConsumeRequest(queue, options.EffectivePrefetch, options.Exclusive, options.ToArguments());
        _drainTimeout = options.DrainTimeout;
        _backoff = new Backoff(context.Options.ReconnectDelay, context.Options.MaxReconnectDelay, context.NewRandom());
        Stopping = _stop.Token;
    }

    /// <summary>Cancelled when a stop begins: nothing new is started.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>
    /// Completes when the broker delivers no more: with null after a stop, else with the error that cannot be mended.
    /// </summary>
    public Task<BrokerException?> Completed => _completed.Task;

    /// <summary>Consumes for the first time; what the broker refuses is thrown.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        ConsumerGeneration first;
        while (true)
        {
            var live = await _context.Connections.GetAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                first = await OpenAsync(live, cancellationToken).ConfigureAwait(false);
                break;
            }
            catch (TopologyException refused)
            {
                throw ToTerminal(refused);
            }
            catch (BrokerConnectionException) when (live.Lost.IsCompleted)
            {
                await Task.Delay(_backoff.Next(), _context.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }

        _supervising = Detached.Run(() => SuperviseAsync(first));
    }

    /// <summary>The next delivery that can still be settled; null when there will be none.</summary>
    public async ValueTask<(ConsumerGeneration Generation, Delivery Delivery)?> TakeAsync(CancellationToken cancellationToken)
    {
        while (await _buffer.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (_buffer.Reader.TryRead(out var taken))
            {
                if (Stopping.IsCancellationRequested)
                    await ReleaseAsync(taken.Delivery).ConfigureAwait(false);
                else if (!taken.Generation.IsGone)
                    return taken;
            }
        }

        return null;
    }

    /// <summary>From the return of this on, nothing new is started.</summary>
    public void BeginStop() => Bounded.ObserveLater(_stop.CancelAsync());

    /// <summary>
    /// First half of a stop: cancels at the broker, and hands back what was not started, so that it is not counted
    /// against the messages. Takers get null from here on.
    /// </summary>
    public async Task QuiesceAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _supervising.ConfigureAwait(false);
        var limit = _drainTimeout < s_closeLimit ? _drainTimeout : s_closeLimit;
        await Task.WhenAll(
            Open().Select(generation => generation.CancelAsync(limit, _context.Options.TimeProvider))).ConfigureAwait(false);
        _buffer.Writer.TryComplete();
        while (_buffer.Reader.TryRead(out var taken))
            await ReleaseAsync(taken.Delivery).ConfigureAwait(false);
    }

    public void CancelHandlers()
    {
        foreach (var generation in Open())
            generation.CancelHandlers();
    }

    /// <summary>Second half: closes the channel; what has no verdict goes back.</summary>
    public async Task CloseAsync()
    {
        await Task.WhenAll(Open().Select(generation => generation.CloseAsync(s_closeLimit))).ConfigureAwait(false);
        Log.ConsumerStopped(_context.Logger, _request.Queue, _released);
        _completed.TrySetResult(null);
    }

    private async ValueTask ReleaseAsync(Delivery delivery)
    {
        if (await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false))
            Interlocked.Increment(ref _released);
    }

    private async Task SuperviseAsync(ConsumerGeneration generation)
    {
        try
        {
            while (true)
            {
                var since = _context.Options.TimeProvider.GetTimestamp();
                var cause = await generation.Ended.WaitAsync(Stopping).ConfigureAwait(false);
                if (await generation.TooLargeAsync().ConfigureAwait(false) is { } tooLarge)
                    throw TooLarge(tooLarge);
                Log.ConsumerInterrupted(_context.Logger, _request.Queue, cause);
                Bounded.ObserveLater(RetireAsync(generation));
                if (_context.Options.TimeProvider.GetElapsedTime(since) > _context.Options.MaxReconnectDelay)
                    _backoff.Reset();
                generation = await ReopenAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // A stop.
        }
        catch (BrokerException terminal)
        {
            Log.ConsumerEnded(_context.Logger, _request.Queue, terminal.Message);
            _buffer.Writer.TryComplete();
            _completed.TrySetResult(terminal);
        }
        catch (ObjectDisposedException)
        {
            // The client was disposed, which stops its consumers.
            _buffer.Writer.TryComplete();
            _completed.TrySetResult(null);
        }
    }

    private async Task<ConsumerGeneration> ReopenAsync()
    {
        long? refusedSince = null;
        while (true)
        {
            var wait = _backoff.Next();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _context.Options.TimeProvider, Stopping).ConfigureAwait(false);
            var live = await _context.Connections.GetAsync(throughFaults: true, Stopping).ConfigureAwait(false);
            try
            {
                return await OpenAsync(live, Stopping).ConfigureAwait(false);
            }
            catch (TopologyException refused)
            {
                refusedSince ??= _context.Options.TimeProvider.GetTimestamp();
                var terminal = ToTerminal(refused);
                if (terminal.Reason == ConsumerFailure.AccessRefused
                    || _context.Options.TimeProvider.GetElapsedTime(refusedSince.Value) > s_grace)
                    throw terminal;
                Log.ConsumerNotBackYet(_context.Logger, _request.Queue, refused.Message);
            }
            catch (BrokerConnectionException lost)
            {
                Log.ConsumerNotBackYet(_context.Logger, _request.Queue, lost.Message);
            }
        }
    }

    private async Task<ConsumerGeneration> OpenAsync(LiveConnection live, CancellationToken cancellationToken)
    {
        var generation = new ConsumerGeneration((from, delivery) => _buffer.Writer.TryWrite((from, delivery)));
        try
        {
            await generation.OpenAsync(live, _request, _context.Options).ConfigureAwait(false);
        }
        catch (TopologyException missing) when (missing.ReplyCode == 404 && _context.Topology.Owns(_request.Queue))
        {
            await _context.Topology.RestoreQueueAsync(live, _request.Queue, cancellationToken).ConfigureAwait(false);
            generation = new ConsumerGeneration((from, delivery) => _buffer.Writer.TryWrite((from, delivery)));
            await generation.OpenAsync(live, _request, _context.Options).ConfigureAwait(false);
        }

        lock (_lock)
            _open.Add(generation);
        Log.Consuming(_context.Logger, _request.Queue, _request.Prefetch);
        return generation;
    }

    // A channel that the broker has cancelled lives on for the verdicts that are still to come.
    private async Task RetireAsync(ConsumerGeneration generation)
    {
        if (!generation.IsGone)
            await generation.CloseWhenSettledAsync(_drainTimeout, _context.Options.TimeProvider).ConfigureAwait(false);
        lock (_lock)
            _open.Remove(generation);
    }

    private List<ConsumerGeneration> Open()
    {
        lock (_lock)
            return [.. _open];
    }

    // Consumed again it would come again, and count a delivery against everything that was under way beside it.
    private ConsumerException TooLarge(BrokerConnectionException lost) => new(
        ConsumerFailure.MessageTooLarge, _request.Queue,
        $"A message was larger than BrokerOptions.MaxInboundMessageBytes ({_context.Options.MaxInboundMessageBytes:N0}), and closed the "
            + $"connection of the consumer of queue '{_request.Queue}' ({lost.ReplyText}). It may have been another consumer's: all of this "
            + "client's have ended, and nothing was acknowledged. Raise the limit, or take the message off its queue.",
        lost.ReplyCode, lost.ReplyText, lost);

    private ConsumerException ToTerminal(TopologyException refused)
    {
        var queue = _request.Queue;
        var text = refused.ReplyText ?? refused.Message;
        var (reason, message) = refused.ReplyCode switch
        {
            404 => (
                ConsumerFailure.QueueNotFound,
                $"There is no queue '{queue}' in virtual host '{_context.Options.VirtualHost}'. "
                    + "Declare it first, or check its name."),
            403 when text.Contains("exclusive", StringComparison.Ordinal) => (
                ConsumerFailure.ExclusiveUse, $"Another consumer has queue '{queue}' for itself: {text}"),
            403 => (
                ConsumerFailure.AccessRefused,
                $"User '{_context.Options.UserName}' may not read from queue '{queue}': {text}. "
                    + "Grant it (rabbitmqctl set_permissions)."),
            405 => (ConsumerFailure.ExclusiveUse, $"Queue '{queue}' is exclusive to another connection: {text}"),
            _ => (ConsumerFailure.Refused, $"The broker refused to let queue '{queue}' be consumed: {text}"),
        };
        return new ConsumerException(reason, queue, message, refused.ReplyCode, refused.ReplyText, refused);
    }
}
