using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// A running consumer. It lives through lost connections, closed channels and cancels by the broker; it ends by
/// <see cref="StopAsync"/>, or by an error that waiting does not mend, which <see cref="Completion"/> then carries.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose; the lanes end with the stop.")]
public sealed class Consumer : IAsyncDisposable
{
    // Set in the lanes, and so in every handler: a stop that is asked for from there cannot wait for its own handler.
    private static readonly AsyncLocal<Consumer?> s_current = new();

    /// <summary>After so long brokers take the messages of a consumer away, by default.</summary>
    private static readonly TimeSpan s_brokerTimeout = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    private readonly ConsumingContext _context;
    private readonly ConsumerOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILanes _lanes;
    private readonly Subscription _subscription;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Func<Task>? _unfinished;
    private readonly StreamTracking? _stream;
    private Task? _stopping;
    private BrokerException? _failure;

    /// <param name="context">What the consumers of a client share.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="options">Frozen options.</param>
    /// <param name="lanes">Makes the lanes, of what ends the consumer and of the token that fires when a stop begins.</param>
    /// <param name="unfinished">What handlers that have returned left behind: a stop waits for it as for them.</param>
    /// <param name="stream">Of a stream: who keeps how far it is handled.</param>
    /// <param name="openings">Hears of each channel.</param>
    internal Consumer(
        ConsumingContext context, string queue, ConsumerOptions options,
        Func<Action<BrokerException>, CancellationToken, ILanes> lanes, Func<Task>? unfinished = null,
        StreamTracking? stream = null, IOpenings? openings = null)
    {
        _context = context;
        _options = options;
        _unfinished = unfinished;
        _stream = stream;
        Queue = queue;
        _lanes = lanes(Fail, _stop.Token);
        _subscription = new Subscription(context, queue, options, _lanes, _stop.Token, stream, openings);
    }

    /// <summary>The queue it consumes.</summary>
    public string Queue { get; }

    /// <summary>
    /// Completes when the consumer has stopped; faults with a <see cref="ConsumerException"/> when it cannot go on:
    /// access refused; queue gone and not declared by this client, or in exclusive use by another, for a minute (three
    /// heartbeats where that is more); or a handler that threw under <see cref="FailurePolicy.Stop"/>.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>How it stands, for a look from outside; cheap, and from any thread.</summary>
    public ConsumerStatus Status => new(
        State, _subscription.InFlight, _lanes.Stuck, _subscription.Restarts, _subscription.LastDelivery);

    /// <summary>Whether the calling code runs in a handler of this consumer.</summary>
    internal bool IsInHandler => s_current.Value == this;

    private ConsumerState State => (_stopping, Completion) switch
    {
        (_, { IsFaulted: true }) => ConsumerState.Failed,
        (_, { IsCompleted: true }) => ConsumerState.Stopped,
        (not null, _) => ConsumerState.Stopping,
        _ => _subscription.State,
    };

    /// <summary>The consumer in whose handler the calling code runs.</summary>
    internal static Consumer? Current => s_current.Value;

    /// <summary>
    /// Runs until the token fires, then stops as <see cref="StopAsync"/> does and returns: pika's
    /// <c>start_consuming</c>. Returns as well when the consumer was stopped elsewhere.
    /// </summary>
    /// <exception cref="ConsumerException">The consumer cannot go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Stops: takes no more from the broker, hands back what was not started, waits for running handlers (up to
    /// <see cref="ConsumerOptions.DrainTimeout"/>, then their token is cancelled), sends their acks, and closes.
    /// Bounded also when the broker does not answer. A second call waits for the first.
    /// </summary>
    /// <remarks>
    /// From inside a handler it asks for the stop and returns at once, since it cannot wait for that handler to return.
    /// </remarks>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopping;
        BeginStop();
        lock (_lock)
            stopping = _stopping ??= Detached.Run(DrainAsync);
        return IsInHandler ? Task.CompletedTask : stopping.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Stops as <see cref="StopAsync"/> does, and gives running handlers no time: their token is cancelled at once, and the
    /// message of one that does not return goes back. Cuts a stop short that is under way.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public Task AbortAsync(CancellationToken cancellationToken = default)
    {
        Bounded.ObserveLater(_abort.CancelAsync());
        return StopAsync(cancellationToken);
    }

    /// <summary>
    /// Takes no more from the broker until <see cref="ResumeAsync"/>: cancels, and hands back what was not started. Handlers
    /// that run go on, and their verdicts count. Completes when that is done; while the broker is away, at once. May be
    /// called from a handler.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; the pause comes all the same.</param>
    public Task PauseAsync(CancellationToken cancellationToken = default) =>
        _subscription.PauseAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Ends a pause. Completes when the broker has accepted the consumer again, or when the consumer has ended; at once
    /// where there was no pause.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; the pause ends all the same.</param>
    public Task ResumeAsync(CancellationToken cancellationToken = default) =>
        _subscription.ResumeAsync().WaitAsync(cancellationToken);

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.HandlerTimeout == Timeout.InfiniteTimeSpan)
            Log.HandlerTimeoutLong(_context.Logger, Queue, "no limit");
        else if (_options.HandlerTimeout >= s_brokerTimeout)
            Log.HandlerTimeoutLong(_context.Logger, Queue, $"{_options.HandlerTimeout}");
        _lanes.Context = await NewContextAsync().ConfigureAwait(false);
        await _subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        Bounded.ObserveLater(EndWithSubscriptionAsync());
    }

    // Every handler begins with nothing in its context but this consumer.
    private async Task<ExecutionContext?> NewContextAsync()
    {
        ExecutionContext? context = null;
        await Detached.Run(() =>
        {
            s_current.Value = this;
            context = ExecutionContext.Capture();
            return Task.CompletedTask;
        }).ConfigureAwait(false);
        return context;
    }

    // From the return of this on, nothing new is started.
    private void BeginStop() => Bounded.ObserveLater(_stop.CancelAsync());

    private async Task EndWithSubscriptionAsync()
    {
        if (await _subscription.Completed.ConfigureAwait(false) is { } terminal)
            Fail(terminal);
    }

    private void Fail(BrokerException failure)
    {
        BeginStop();
        lock (_lock)
        {
            _failure ??= failure;
            _stopping ??= Detached.Run(DrainAsync);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Ends in Completion.")]
    private async Task DrainAsync()
    {
        try
        {
            var began = _context.Options.TimeProvider.GetTimestamp(); // one limit for all of it
            await _subscription.QuiesceAsync(Shorter(s_closeLimit, _options.DrainTimeout)).ConfigureAwait(false);
            // Handlers that are soon over leave the rest to go back in one word.
            if (!await EndsWithinAsync(Shorter(s_soon, Left()), _abort.Token).ConfigureAwait(false))
                await _subscription.HandBackAsync().ConfigureAwait(false);
            if (!await EndsWithinAsync(Left(), _abort.Token).ConfigureAwait(false))
            {
                _subscription.CancelHandlers();
                if (!await EndsWithinAsync(s_lastWords, CancellationToken.None).ConfigureAwait(false))
                    Log.DrainTimedOut(_context.Logger, Queue, _lanes.Running);
            }

            await _subscription.CloseAsync(Longer(s_lastWords, Shorter(s_closeLimit, Left()))).ConfigureAwait(false);
            _lanes.Dispose();
            if (_stream?.Ended is { } ended)
                await ended().ConfigureAwait(false);

            TimeSpan Left() => Longer(TimeSpan.Zero, _options.DrainTimeout - _context.Options.TimeProvider.GetElapsedTime(began));
        }
        catch (Exception error)
        {
            _completion.TrySetException(error);
        }

        if (_failure is { } failure)
        {
            _completion.TrySetException(failure);
            Bounded.ObserveLater(_completion.Task);
        }
        else
        {
            _completion.TrySetResult();
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private async Task<bool> EndsWithinAsync(TimeSpan limit, CancellationToken hurry)
    {
        try
        {
            await FinishAsync().WithinAsync(limit, _context.Options.TimeProvider, hurry).ConfigureAwait(false);
            return true;
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task FinishAsync()
    {
        await _lanes.DrainAsync().ConfigureAwait(false);
        if (_unfinished is not null)
            await _unfinished().ConfigureAwait(false);
    }
}
