using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// A running consumer. It lives through lost connections, closed channels and cancels by the broker; it ends by
/// <see cref="StopAsync"/>, or by an error that waiting does not mend, which <see cref="Completion"/> then carries.
/// </summary>
public sealed class Consumer : IAsyncDisposable
{
    // Set in the lanes, and so in every handler: a stop that is asked for from there cannot wait for its own handler.
    private static readonly AsyncLocal<Consumer?> s_current = new();

    private readonly ConsumingContext _context;
    private readonly ConsumerOptions _options;
    private readonly Subscription _subscription;
    private readonly DeliveryHandling _handling;
    private readonly Dispatcher<(ConsumerGeneration Generation, Delivery Delivery)> _dispatcher;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Func<Task>? _unfinished;
    private Task _lanes = Task.CompletedTask;
    private Task? _stopping;
    private BrokerException? _failure;

    /// <param name="context">What the consumers of a client share.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="handler">What is called for each message.</param>
    /// <param name="options">Frozen options.</param>
    /// <param name="unfinished">What handlers that have returned left behind: a stop waits for it as for them.</param>
    internal Consumer(
        ConsumingContext context, string queue, Func<Delivery, CancellationToken, ValueTask> handler,
        ConsumerOptions options, Func<Task>? unfinished = null)
    {
        _context = context;
        _options = options;
        _unfinished = unfinished;
        Queue = queue;
        _subscription = new Subscription(context, queue, options);
        _handling = new DeliveryHandling(context, options, handler, Fail, _subscription.Stopping);
        _dispatcher = new(options.Concurrency, () => _subscription.TakeAsync(CancellationToken.None), HandleAsync);
    }

    /// <summary>The queue it consumes.</summary>
    public string Queue { get; }

    /// <summary>
    /// Completes when the consumer has stopped; faults with a <see cref="ConsumerException"/> when it cannot go on:
    /// access refused, queue gone for a minute and not declared by this client, exclusive use by another, or a handler
    /// that threw under <see cref="FailurePolicy.Stop"/>.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>Whether the calling code runs in a handler of this consumer.</summary>
    internal bool IsInHandler => s_current.Value == this;

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
        _subscription.BeginStop();
        lock (_lock)
            stopping = _stopping ??= Detached.Run(DrainAsync);
        return IsInHandler ? Task.CompletedTask : stopping.WaitAsync(cancellationToken);
    }

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await _subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        _lanes = Detached.Run(() =>
        {
            s_current.Value = this; // flows into the lanes
            return _dispatcher.RunAsync();
        });
        Bounded.ObserveLater(EndWithSubscriptionAsync());
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A lane must not die of one message.")]
    private async Task HandleAsync((ConsumerGeneration Generation, Delivery Delivery) item)
    {
        try
        {
            await _handling.HandleAsync(item.Generation, item.Delivery).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A defect of ours, for the handler's own are dealt with: the message stays unacknowledged and the lane goes on.
            Log.HandlingFaulted(_context.Logger, error, Queue);
        }
    }

    private async Task EndWithSubscriptionAsync()
    {
        if (await _subscription.Completed.ConfigureAwait(false) is { } terminal)
            Fail(terminal);
    }

    private void Fail(BrokerException failure)
    {
        _subscription.BeginStop();
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
            await _subscription.QuiesceAsync().ConfigureAwait(false);
            if (!await EndsWithinAsync(_options.DrainTimeout).ConfigureAwait(false))
            {
                _subscription.CancelHandlers();
                if (!await EndsWithinAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false))
                    Log.DrainTimedOut(_context.Logger, Queue, _dispatcher.Running);
            }

            await _subscription.CloseAsync().ConfigureAwait(false);
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

    private async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        try
        {
            await FinishAsync().WithinAsync(limit, _context.Options.TimeProvider).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task FinishAsync()
    {
        await _lanes.ConfigureAwait(false);
        if (_unfinished is not null)
            await _unfinished().ConfigureAwait(false);
    }
}
