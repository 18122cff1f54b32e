using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The lanes of a consumer whose handler gets many messages at a time.</summary>
internal sealed class BatchLanes : ILanes
{
    private readonly ConsumingContext _context;
    private readonly string _queue;
    private readonly int _size;
    private readonly TimeSpan _maxWait;
    private readonly BatchHandling _handling;
    private readonly RunningHandlers _handlers;
    private readonly CancellationToken _stopping;
    private readonly Dispatcher<Batch> _lanes;
    private readonly InHand<Batch>? _inHand; // null with one lane
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private Batch? _filling; // under the lock
    private ConsumerGeneration? _newest;

    public BatchLanes(
        ConsumingContext context, string queue, ConsumerOptions options, BatchOptions batches,
        Action<BrokerException> fail, CancellationToken stopping)
    {
        _context = context;
        _queue = queue;
        (_, _size, _maxWait) = batches;
        _stopping = stopping;
        _handlers = new RunningHandlers(
            options.HandlerTimeout, context.Options.TimeProvider,
            delivery => Log.HandlerStuck(context.Logger, queue, delivery.DeliveryTag, options.HandlerTimeout));
        _handling = new BatchHandling(context, options, batches.Handler, _handlers, fail, stopping);
        _lanes = new Dispatcher<Batch>(options.Concurrency, apart: false, HandleAsync, OnEmpty);
        if (options.Concurrency > 1)
            _inHand = new InHand<Batch>(options.Concurrency);
        using (Detached.Suppress())
            _timer = context.Options.TimeProvider.CreateTimer(
                static self => ((BatchLanes)self!).OnWaited(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // itself
    }

    public int Running => _lanes.Running;

    public int Stuck => _handlers.Stuck;

    public ExecutionContext? Context
    {
        set => _lanes.Context = value;
    }

    public void Deliver(ConsumerGeneration generation, Delivery delivery)
    {
        Batch? full = null;
        lock (_lock)
        {
            _newest = generation;
            if (_filling?.Generation != generation)
            {
                // Of another channel, which is gone: those messages come again.
                _filling = new Batch(generation, new List<Delivery>(_size));
                _timer.Change(_maxWait, Timeout.InfiniteTimeSpan);
            }

            _filling.Deliveries.Add(delivery);
            if (_filling.Deliveries.Count == _size)
                (full, _filling) = (_filling, null);
        }

        if (full is not null)
            _lanes.Post(full);
    }

    public IReadOnlyCollection<Delivery> TakeBack()
    {
        var waiting = Take(static _ => true);
        lock (_lock)
        {
            if (_filling is not null)
                waiting.Add(_filling);
            _filling = null;
        }

        return [.. waiting.SelectMany(static batch => batch.Deliveries)];
    }

    public void OnGone(ConsumerGeneration generation)
    {
        _handlers.CancelFor(generation);
        Take(batch => batch.Generation == generation); // they come again
    }

    public Task DrainAsync() => _lanes.DrainAsync();

    public void Dispose()
    {
        _timer.Dispose();
        _handlers.Dispose();
    }

    private List<Batch> Take(Predicate<Batch> like) => [.. _lanes.Take(like), .. _inHand?.TakeWaiting(like) ?? []];

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A lane must not die of one batch.")]
    private async ValueTask HandleAsync(Batch batch, int lane)
    {
        var (generation, deliveries) = batch;
        if (_inHand is not null)
            deliveries.RemoveAll(delivery => !TryTake(batch, delivery, lane));
        if (deliveries.Count == 0)
            return;
        try
        {
            if (generation.IsGone || _stopping.IsCancellationRequested)
                return; // they come again, or go back with the rest
            deliveries.RemoveAll(generation.TrySkip);
            if (deliveries.Count == 0)
                return;
            if (generation.Ended.IsCompleted)
                await ReleaseAsync(deliveries).ConfigureAwait(false); // the broker has cancelled, and may have them back already
            else
                await _handling.HandleAsync(generation, deliveries, lane).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A defect of ours, for the handler's own are dealt with: the channel is given up, and the messages come again.
            Log.HandlingFaulted(_context.Logger, error, _queue);
            generation.Fail($"handling a batch failed ({error.GetType().Name}: {error.Message}).");
        }
        finally
        {
            foreach (var waited in _inHand?.LetGo(lane) ?? [])
                _lanes.Post(waited);
        }
    }

    // One that comes again may have to wait: it does so alone, and its batch goes on.
    private bool TryTake(Batch batch, Delivery delivery, int lane) => _inHand!.TryTake( // there is one, or it is not asked
        lane, delivery, delivery.MayBeInHand ? new Batch(batch.Generation, [delivery]) : batch);

    private static async ValueTask ReleaseAsync(List<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
            await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
    }

    private void OnWaited()
    {
        Batch? waited;
        lock (_lock)
            (waited, _filling) = (_filling, null);
        if (waited is not null)
            _lanes.Post(waited);
    }

    private void OnEmpty() => _newest?.OnStarved();
}


/// <summary>Messages of one channel that one call of the handler gets.</summary>
internal sealed record Batch(ConsumerGeneration Generation, List<Delivery> Deliveries);
