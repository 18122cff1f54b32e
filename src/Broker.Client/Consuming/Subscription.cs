using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>What every subscription of a client shares.</summary>
internal sealed record ConsumingContext(
    BrokerOptions Options, ConnectionSupervisor Connections, BrokerTopology Topology, Parking Parking,
    RetryQueues RetryQueues, ConsumerTags Tags, Func<Random> NewRandom, ILogger Logger);

/// <summary>
/// A queue's deliveries over all reconnects: one channel after the other, begun again after a lost connection, a closed
/// channel, a cancel by the broker, a consume that was not answered, a fault on the way, and when the broker has
/// forgotten the consumer.
/// </summary>
internal sealed class Subscription
{
    /// <summary>How long a queue may be away, or in another's hands, before that is taken for final.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly ConsumingContext _context;
    private readonly ConsumeTerms _terms;
    private readonly IDeliverySink _sink;
    private readonly CancellationToken _stopping;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<BrokerException?> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The one that delivers is last; before it those that were cancelled, until their verdicts are in.
    private readonly Lock _lock = new();
    private readonly List<ConsumerGeneration> _open = [];
    private PauseRequest _pause = new();
    private Task _supervising = Task.CompletedTask;
    private ConsumerGeneration? _newest;
    private volatile ConsumerState _state;
    private long _restarts;

    /// <param name="context">What the subscriptions of a client share.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="options">Frozen options.</param>
    /// <param name="sink">Where deliveries go.</param>
    /// <param name="stopping">Cancelled when a stop begins.</param>
    public Subscription(
        ConsumingContext context, string queue, ConsumerOptions options, IDeliverySink sink, CancellationToken stopping)
    {
        _context = context;
        _time = context.Options.TimeProvider;
        _terms = new ConsumeTerms(queue, options, context.Tags);
        _sink = sink;
        _stopping = stopping;
        _backoff = new Backoff(context.Options.ReconnectDelay, context.Options.MaxReconnectDelay, context.NewRandom());
    }

    /// <summary>
    /// Completes when the broker delivers no more: with null after a stop, else with the error that cannot be mended.
    /// </summary>
    public Task<BrokerException?> Completed => _completed.Task;

    /// <summary>Starting, consuming, recovering or paused.</summary>
    public ConsumerState State => _state;

    public long Restarts => Volatile.Read(ref _restarts);

    /// <summary>Deliveries without a verdict.</summary>
    public int InFlight => Open().Sum(static generation => generation.IsGone ? 0 : generation.Unsettled);

    public DateTimeOffset? LastDelivery => Volatile.Read(ref _newest)?.LastDeliveryAt is { } at and not 0
        ? _time.GetUtcNow() - _time.GetElapsedTime(at)
        : null;

    /// <summary>Consumes for the first time; what the broker refuses is thrown.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _context.Tags.Take(_terms.Tag);
        try
        {
            var first = await OpenFirstAsync(cancellationToken).ConfigureAwait(false);
            _supervising = Detached.Run(() => SuperviseAsync(first));
        }
        catch
        {
            _context.Tags.Free(_terms.Tag);
            throw;
        }
    }

    /// <summary>
    /// Cancels at the broker and hands back what was not started; handlers that run go on. Completes when that is done.
    /// </summary>
    public Task PauseAsync()
    {
        PauseRequest pause;
        lock (_lock)
            pause = _pause;
        pause.Ask();
        return pause.Paused;
    }

    /// <summary>Ends a pause; completes when messages come again, and at once where there is none.</summary>
    public Task ResumeAsync()
    {
        PauseRequest pause;
        lock (_lock)
        {
            pause = _pause;
            if (!pause.Asked.IsCancellationRequested)
                return Task.CompletedTask;
            _pause = new PauseRequest();
        }

        pause.AskForEnd();
        return pause.Resumed;
    }

    /// <summary>
    /// First part of a stop, once its token has fired: cancels at the broker. From here on nothing comes.
    /// </summary>
    /// <param name="limit">How long the broker may take to answer.</param>
    public async Task QuiesceAsync(TimeSpan limit)
    {
        try
        {
            await _supervising.WithinAsync(limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // In a consume that is not answered: what it opens all the same is closed at once.
        }

        await Task.WhenAll(Open().Select(generation => generation.CancelAsync(limit, _time))).ConfigureAwait(false);
    }

    /// <summary>
    /// Hands back what was not started, so that it is not counted against the messages, and others need not wait for
    /// handlers that take their time.
    /// </summary>
    public async Task HandBackAsync()
    {
        foreach (var delivery in _sink.TakeBack())
            await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
    }

    public void CancelHandlers()
    {
        foreach (var generation in Open())
            generation.CancelHandlers();
    }

    /// <summary>Last part: sends the acks that are held back, and closes; what has no verdict goes back.</summary>
    /// <param name="limit">How long the broker may take to answer.</param>
    public async Task CloseAsync(TimeSpan limit)
    {
        await Task.WhenAll(Open().Select(generation => generation.CloseAsync(limit, _time))).ConfigureAwait(false);
        _context.Tags.Free(_terms.Tag);
        Log.ConsumerStopped(_context.Logger, _terms.Queue);
        _completed.TrySetResult(null);
    }

    private async Task<ConsumerGeneration> OpenFirstAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var live = await _context.Connections.GetAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(live, cancellationToken).ConfigureAwait(false);
            }
            catch (TopologyException refused)
            {
                throw ConsumerErrors.Terminal(refused, _terms.Queue, _context.Options);
            }
            catch (BrokerConnectionException) when (live.Lost.IsCompleted)
            {
                await Task.Delay(_backoff.Next(), _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SuperviseAsync(ConsumerGeneration first)
    {
        var pause = _pause;
        try
        {
            var generation = first;
            while (true)
            {
                lock (_lock)
                    pause = _pause;
                generation = await ConsumeUntilPausedAsync(generation, pause).ConfigureAwait(false);
                if (generation is not null)
                {
                    await generation.CancelAsync(s_closeLimit, _time).ConfigureAwait(false);
                    await HandBackAsync().ConfigureAwait(false);
                    Bounded.ObserveLater(RetireAsync(generation));
                }

                _state = ConsumerState.Paused;
                Log.ConsumerPaused(_context.Logger, _terms.Queue);
                pause.SetPaused();
                await pause.Resume.WaitAsync(_stopping).ConfigureAwait(false);
                _state = ConsumerState.Recovering;
                _backoff.Reset();
                generation = await ReopenAsync(_stopping).ConfigureAwait(false);
                pause.SetResumed();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // A stop.
        }
        catch (BrokerException terminal)
        {
            Log.ConsumerEnded(_context.Logger, _terms.Queue, terminal.Message);
            _completed.TrySetResult(terminal);
        }
        catch (ObjectDisposedException)
        {
            // The client was disposed, which stops its consumers.
            _completed.TrySetResult(null);
        }
        finally
        {
            pause.End();
            lock (_lock)
                _pause.End();
        }
    }

    /// <summary>The generation that delivers when a pause is asked for; null where none does at that moment.</summary>
    private async Task<ConsumerGeneration?> ConsumeUntilPausedAsync(ConsumerGeneration? generation, PauseRequest pause)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(_stopping, pause.Asked);
        try
        {
            while (true)
            {
                generation ??= await ReopenAsync(interrupt.Token).ConfigureAwait(false);
                _state = ConsumerState.Consuming;
                var since = _time.GetTimestamp();
                var cause = await EndOfAsync(generation, interrupt.Token).ConfigureAwait(false);
                _state = ConsumerState.Recovering;
                Interlocked.Increment(ref _restarts);
                Log.ConsumerInterrupted(_context.Logger, _terms.Queue, cause);
                Bounded.ObserveLater(RetireAsync(generation));
                generation = null;
                if (_time.GetElapsedTime(since) > _context.Options.MaxReconnectDelay)
                    _backoff.Reset();
            }
        }
        catch (OperationCanceledException) when (pause.Asked.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            return generation;
        }
    }

    // With an eye on consumers that the broker has forgotten.
    private async Task<string> EndOfAsync(ConsumerGeneration generation, CancellationToken cancellationToken)
    {
        var deafness = new Deafness();
        while (true)
        {
            try
            {
                return await generation.Ended.WaitAsync(Deafness.Interval, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                if (await FindDeafAsync(generation, deafness, cancellationToken).ConfigureAwait(false) is { } cause)
                    generation.Fail(cause);
            }
        }
    }

    private async ValueTask<string?> FindDeafAsync(
        ConsumerGeneration generation, Deafness deafness, CancellationToken cancellationToken)
    {
        if (!deafness.IsWorthALook(generation.Unsettled, generation.LastDeliveryAt)
            || _terms.IsStream || _context.Topology.TypeOf(_terms.Queue) == QueueType.Stream)
            return null;
        try
        {
            return await _context.Topology.FindQueueAsync(_terms.Queue, cancellationToken).ConfigureAwait(false) is { } queue
                ? deafness.Judge(queue)
                : "its queue has gone.";
        }
        catch (BrokerException refused)
        {
            Log.QueueNotSeen(_context.Logger, _terms.Queue, refused.Message);
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A consumer must not die of what nobody has foreseen.")]
    private async Task<ConsumerGeneration> ReopenAsync(CancellationToken cancellationToken)
    {
        long? refusedSince = null;
        while (true)
        {
            var wait = _backoff.Next();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            var live = await _context.Connections.GetAsync(throughFaults: true, cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(live, cancellationToken).ConfigureAwait(false);
            }
            catch (TopologyException refused)
            {
                refusedSince ??= _time.GetTimestamp();
                var terminal = ConsumerErrors.Terminal(refused, _terms.Queue, _context.Options);
                if (terminal.Reason == ConsumerFailure.AccessRefused || _time.GetElapsedTime(refusedSince.Value) > s_grace)
                    throw terminal;
                Log.ConsumerNotBackYet(_context.Logger, _terms.Queue, refused.Message);
            }
            catch (BrokerConnectionException lost)
            {
                Log.ConsumerNotBackYet(_context.Logger, _terms.Queue, lost.Message);
            }
            catch (Exception error) when (error is not (OperationCanceledException or ObjectDisposedException))
            {
                Log.ReopeningFaulted(_context.Logger, error, _terms.Queue);
            }
        }
    }

    private async Task<ConsumerGeneration> OpenAsync(LiveConnection live, CancellationToken cancellationToken)
    {
        ConsumerGeneration generation;
        try
        {
            generation = await OpenGenerationAsync(live).ConfigureAwait(false);
        }
        catch (TopologyException missing) when (missing.ReplyCode == 404 && _context.Topology.Owns(_terms.Queue))
        {
            await _context.Topology.RestoreQueueAsync(live, _terms.Queue, cancellationToken).ConfigureAwait(false);
            generation = await OpenGenerationAsync(live).ConfigureAwait(false);
        }

        generation.Gone.UnsafeRegister(
            static state =>
            {
                var (sink, gone) = ((IDeliverySink, ConsumerGeneration))state!; // as registered
                sink.OnGone(gone);
            },
            (_sink, generation));
        lock (_lock)
            _open.Add(generation);
        if (_stopping.IsCancellationRequested)
            generation.Fail("it was stopped meanwhile.");
        Volatile.Write(ref _newest, generation);
        Log.Consuming(_context.Logger, _terms.Queue, _terms.Prefetch);
        return generation;
    }

    private async Task<ConsumerGeneration> OpenGenerationAsync(LiveConnection live)
    {
        var generation = new ConsumerGeneration(
            _terms.Prefetch, _terms.AckAtOnce, _sink.Deliver, _context.RetryQueues, _time);
        try
        {
            await generation.OpenAsync(live, _terms.ToRequest(), _context.Options).ConfigureAwait(false);
            return generation;
        }
        catch
        {
            generation.Fail("it could not begin."); // what comes all the same, after a consume that was given up, is not handled
            throw;
        }
    }

    // The channel of a consumer that was cancelled, by either side, lives on for the verdicts that are still to come.
    private async Task RetireAsync(ConsumerGeneration generation)
    {
        _terms.ContinueFrom(generation.NextOffset);
        if (!generation.IsGone)
            await generation.CloseWhenSettledAsync(s_closeLimit, _time).ConfigureAwait(false);
        lock (_lock)
            _open.Remove(generation);
    }

    private List<ConsumerGeneration> Open()
    {
        lock (_lock)
            return [.. _open];
    }
}
