using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// A queue's deliveries over all reconnects: one channel after the other, begun again after a lost connection, a closed
/// channel, a cancel by the broker, a consume that was not answered, a fault on the way, and when the broker has
/// forgotten the consumer.
/// </summary>
internal sealed class Subscription
{
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly ConsumingContext _context;
    private readonly ConsumeTerms _terms;
    private readonly IDeliverySink _sink;
    private readonly Generations _generations;
    private readonly ConsumerOpening _opening;
    private readonly Watchdog _watchdog;
    private readonly CancellationToken _stopping;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<BrokerException?> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private PauseRequest _pause = new(); // under the lock
    private Task _supervising = Task.CompletedTask;
    private IDisposable? _counting;
    private volatile ConsumerState _state;
    private long _restarts;

    // Of the loop.
    private ConsumerGeneration? _current;
    private PauseRequest? _ending;

    /// <param name="context">What the subscriptions of a client share.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="options">Frozen options.</param>
    /// <param name="sink">Where deliveries go.</param>
    /// <param name="stopping">Cancelled when a stop begins.</param>
    /// <param name="stream">How far a stream is handled, where somebody else wants to know.</param>
    /// <param name="openings">Hears of each channel.</param>
    public Subscription(
        ConsumingContext context, string queue, ConsumerOptions options, IDeliverySink sink, CancellationToken stopping,
        StreamTracking? stream = null, IOpenings? openings = null)
    {
        _context = context;
        _time = context.Options.TimeProvider;
        _terms = new ConsumeTerms(
            queue, options, context.Tags, stream ?? ConsumeTerms.TrackingOf(options, context.Topology.TypeOf(queue)));
        _sink = sink;
        _stopping = stopping;
        _generations = new Generations(_time);
        _opening = new ConsumerOpening(context, _terms, sink, _generations, openings, stopping);
        _watchdog = new Watchdog(context, _terms);
    }

    /// <summary>
    /// Completes when the broker delivers no more: with null after a stop, else with the error that cannot be mended.
    /// </summary>
    public Task<BrokerException?> Completed => _completed.Task;

    /// <summary>Starting, consuming, recovering or paused.</summary>
    public ConsumerState State => _state;

    public long Restarts => Volatile.Read(ref _restarts);

    /// <summary>Deliveries without a verdict.</summary>
    public int InFlight => _generations.InFlight;

    public DateTimeOffset? LastDelivery => _generations.LastDelivery;

    /// <summary>Consumes for the first time; what the broker refuses is thrown.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _context.Tags.Take(_terms.Tag);
        try
        {
            _current = await _opening.OpenFirstAsync(cancellationToken).ConfigureAwait(false);
            _state = ConsumerState.Consuming;
            _supervising = Detached.Run(SuperviseAsync);
            _counting = Metrics.InFlight.Add(GeneratedNames.IsAnonymous(_terms.Queue) ? "" : _terms.Queue, () => InFlight);
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
        var began = _time.GetTimestamp();
        try
        {
            await _supervising.WithinAsync(limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // In a consume that is not answered: what it opens all the same is closed at once.
        }

        var left = limit - _time.GetElapsedTime(began);
        await _generations.CancelAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero).ConfigureAwait(false);
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

    public void CancelHandlers() => _generations.CancelHandlers();

    /// <summary>Last part: sends the acks that are held back, and closes; what has no verdict goes back.</summary>
    /// <param name="limit">How long the broker may take to answer.</param>
    public async Task CloseAsync(TimeSpan limit)
    {
        await _generations.CloseAsync(limit).ConfigureAwait(false);
        _counting?.Dispose();
        _context.Tags.Free(_terms.Tag);
        Log.ConsumerStopped(_context.Logger, _terms.Queue);
        _completed.TrySetResult(null);
    }

    private async Task SuperviseAsync()
    {
        while (!await SuperviseUntilFaultAsync().ConfigureAwait(false))
        {
            // A consumer must not die of what nobody has foreseen; its channel may be the reason.
            _current?.Fail("its supervision failed.");
            Retire();
            _state = ConsumerState.Recovering;
            Interlocked.Increment(ref _restarts);
        }

        _ending?.End();
        lock (_lock)
            _pause.End();
    }

    /// <summary>True when it has come to its end, false when something has failed that is not foreseen.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is logged, and begun again.")]
    private async Task<bool> SuperviseUntilFaultAsync()
    {
        try
        {
            while (true)
            {
                PauseRequest pause;
                lock (_lock)
                    pause = _pause;
                await ConsumeUntilPausedAsync(pause).ConfigureAwait(false);
                await RestAsync(pause).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return true; // A stop.
        }
        catch (ConsumerException terminal)
        {
            Log.ConsumerEnded(_context.Logger, _terms.Queue, terminal.Message);
            _completed.TrySetResult(terminal);
            return true;
        }
        catch (ObjectDisposedException) when (_context.Connections.State == BrokerConnectionState.Closed)
        {
            _completed.TrySetResult(null); // The client was disposed, which stops its consumers.
            return true;
        }
        catch (Exception error)
        {
            Log.SupervisionFaulted(_context.Logger, error, _terms.Queue);
            return false;
        }
    }

    private async Task ConsumeUntilPausedAsync(PauseRequest pause)
    {
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(_stopping, pause.Asked);
        try
        {
            while (true)
            {
                _current ??= await _opening.ReopenAsync(interrupt.Token).ConfigureAwait(false);
                EndLastPause();
                _state = ConsumerState.Consuming;
                var since = _time.GetTimestamp();
                var cause = await EndOfAsync(_current, interrupt.Token).ConfigureAwait(false);
                _state = ConsumerState.Recovering;
                Interlocked.Increment(ref _restarts);
                _context.Telemetry.Count(Metrics.ConsumerRestarts, 1, _terms.Queue);
                Log.ConsumerInterrupted(_context.Logger, _terms.Queue, cause);
                await WithdrawAsync().ConfigureAwait(false);
                _opening.NoteHeld(_time.GetElapsedTime(since));
            }
        }
        catch (OperationCanceledException) when (pause.Asked.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            // Consuming, or on the way to it.
        }
    }

    private async Task<string> EndOfAsync(ConsumerGeneration generation, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Bounded.ObserveLater(_watchdog.WatchAsync(generation, over.Token));
        try
        {
            return await generation.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task RestAsync(PauseRequest pause)
    {
        await WithdrawAsync().ConfigureAwait(false);
        EndLastPause(); // overtaken by this one
        _state = ConsumerState.Paused;
        Log.ConsumerPaused(_context.Logger, _terms.Queue);
        pause.SetPaused();
        _ending = pause;
        await pause.Resume.WaitAsync(_stopping).ConfigureAwait(false);
        _state = ConsumerState.Recovering;
        _opening.Reset();
    }

    private void EndLastPause()
    {
        _ending?.SetResumed();
        _ending = null;
    }

    // Where the broker has cancelled, too: what was not started is not kept from others while handlers go on. And RabbitMQ
    // 4.3, which cancels a consumer that is over its timeout and takes back what is over it, goes on delivering after a late
    // ack of that, unless the consumer has cancelled itself.
    private async Task WithdrawAsync()
    {
        if (_current is { IsGone: false } generation)
        {
            await generation.CancelAsync(s_closeLimit).ConfigureAwait(false);
            await HandBackAsync().ConfigureAwait(false);
        }

        Retire();
    }

    // The channel of a consumer that was cancelled, by either side, lives on for the verdicts that are still to come.
    private void Retire()
    {
        if (_current is not { } generation)
            return;
        _terms.ContinueFrom(generation.NextOffset);
        _current = null;
        Bounded.ObserveLater(_generations.RetireAsync(generation));
    }
}
