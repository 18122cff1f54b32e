using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>The lanes of a consumer whose handler gets one message at a time.</summary>
internal sealed class HandlerLanes : ILanes
{
    private readonly ConsumingContext _context;
    private readonly string _queue;
    private readonly ConsumerOptions _options;
    private readonly DeliveryHandling _handling;
    private readonly RunningHandlers _handlers;
    private readonly CancellationToken _stopping;
    private readonly Dispatcher<Item> _lanes;
    private readonly Dispatcher<Item>? _byKey; // asks for the key, which is the user's code, and puts the item in its line
    private readonly InHand<Item>? _inHand; // null with one lane
    private ConsumerGeneration? _newest;

    /// <param name="context">What the consumers of a client share.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="options">Frozen options.</param>
    /// <param name="handler">The user's.</param>
    /// <param name="blocks">Whether the handler may block its thread.</param>
    /// <param name="fail">Ends the consumer.</param>
    /// <param name="stopping">Cancelled when nothing new is to be started.</param>
    public HandlerLanes(
        ConsumingContext context, string queue, ConsumerOptions options,
        Func<Delivery, CancellationToken, ValueTask> handler, bool blocks, Action<BrokerException> fail,
        CancellationToken stopping)
    {
        _context = context;
        _queue = queue;
        _options = options;
        _stopping = stopping;
        _handlers = new RunningHandlers(
            options.HandlerTimeout, context.Options.TimeProvider,
            delivery => Log.HandlerStuck(context.Logger, queue, delivery.DeliveryTag, options.HandlerTimeout));
        _handling = new DeliveryHandling(context, options, handler, _handlers, fail, stopping);
        var byKey = options.OrderingKey is not null;
        _lanes = new Dispatcher<Item>(
            options.Concurrency, apart: byKey, HandleAsync, OnEmpty, blocks ? $"Broker.Client {queue}" : null);
        if (options.Concurrency > 1)
            _inHand = new InHand<Item>(options.Concurrency);
        if (byKey)
            _byKey = new Dispatcher<Item>(1, apart: false, SortAsync, static () => { });
    }

    public int Running => _lanes.Running;

    public int Stuck => _handlers.Stuck;

    public ExecutionContext? Context
    {
        set => _lanes.Context = value;
    }

    public void Deliver(ConsumerGeneration generation, Delivery delivery)
    {
        _newest = generation;
        (_byKey ?? _lanes).Post(new Item(generation, delivery));
    }

    public IReadOnlyCollection<Delivery> TakeBack() =>
        [.. Take(static _ => true).Select(static item => item.Delivery)];

    public void OnGone(ConsumerGeneration generation)
    {
        _handlers.CancelFor(generation);
        Take(item => item.Generation == generation); // they come again
    }

    public async Task DrainAsync()
    {
        if (_byKey is not null)
            await _byKey.DrainAsync().ConfigureAwait(false);
        await _lanes.DrainAsync().ConfigureAwait(false);
    }

    public void Dispose() => _handlers.Dispose();

    private List<Item> Take(Predicate<Item> like) =>
        [.. _byKey?.Take(like) ?? [], .. _lanes.Take(like), .. _inHand?.TakeWaiting(like) ?? []];

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A lane must not die of one message.")]
    private async ValueTask HandleAsync(Item item, int lane)
    {
        var (generation, delivery, keyError) = item;
        if (_inHand?.TryTake(lane, delivery, item) == false)
            return;
        try
        {
            if (generation.IsGone || _stopping.IsCancellationRequested)
                return; // it comes again, or goes back with the rest
            if (generation.TrySkip(delivery))
                return;
            if (generation.Ended.IsCompleted)
                await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false); // the broker has cancelled, and may have it back already
            else if (keyError is not null)
                await _handling.Failures.GiveUpAsync(generation, delivery, keyError, attempts: 1).ConfigureAwait(false);
            else
                await _handling.HandleAsync(generation, delivery, lane).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A defect of ours, for the handler's own are dealt with: its channel is given up, and the message comes again.
            Log.HandlingFaulted(_context.Logger, error, _queue);
            generation.Fail($"handling a message failed ({error.GetType().Name}: {error.Message}).");
        }
        finally
        {
            LetGo(lane);
        }
    }

    private void LetGo(int lane)
    {
        if (_inHand is null)
            return;
        foreach (var waited in _inHand.LetGo(lane))
            _lanes.Post(waited, _byKey is null ? 0 : lane);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "The user's code may throw anything; the message then goes where a failed one does.")]
    private ValueTask SortAsync(Item item, int lane)
    {
        try
        {
            // Without a key there is no order to keep.
            var line = _options.OrderingKey!(item.Delivery) is { } key // there is one, or there were no such lane
                ? (uint)key.GetHashCode(StringComparison.Ordinal) % (uint)_options.Concurrency
                : item.Delivery.DeliveryTag % (uint)_options.Concurrency;
            _lanes.Post(item, (int)line);
        }
        catch (Exception error)
        {
            _lanes.Post(item with { KeyError = error });
        }

        return default;
    }

    private void OnEmpty() => _newest?.OnStarved();

    private readonly record struct Item(ConsumerGeneration Generation, Delivery Delivery, Exception? KeyError = null);
}
