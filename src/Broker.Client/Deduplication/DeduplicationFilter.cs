namespace Broker.Client;

/// <summary>
/// Acknowledges, without calling the handler, what was handled before under the same <see cref="Delivery.MessageId"/> in the same
/// queue. What has no id passes, and so does what comes from a stream: each of its subscribers gets it, and has its position for
/// what it has handled.
/// </summary>
/// <remarks>
/// <para>A message is remembered when its handler has returned and given it no other verdict than an ack, and before it is
/// acknowledged; in <see cref="AckMode.Manual"/> only where the handler has acknowledged it before it returned. A second copy that
/// comes while the first one is being handled waits, in its lane, and is handled if that fails.</para>
/// <para>This makes of at-least-once not exactly-once. A process that ends between the handler's work and its being
/// remembered does the work twice, and one that remembers in memory has forgotten when it starts again. Only work and
/// memory in one transaction close that gap: keep the ids where the work is kept, and have the handler write both.</para>
/// <para>Have it outermost, as the first of <see cref="ConsumerOptions.Filters"/>: what a filter around it fails to do once the
/// message was remembered is not tried again.</para>
/// </remarks>
/// <param name="deduplicator">Remembers; one may serve any number of consumers.</param>
public sealed class DeduplicationFilter(IDeduplicator deduplicator) : IBatchFilter
{
    private readonly IDeduplicator _deduplicator = deduplicator ?? throw new ArgumentNullException(nameof(deduplicator));

    /// <inheritdoc/>
    public async ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ArgumentNullException.ThrowIfNull(next);
        if (!HasId(delivery))
        {
            await next(delivery, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!await TryBeginAsync(delivery, cancellationToken).ConfigureAwait(false))
            return;
        var wasAcknowledged = delivery.IsSettled; // before its handler
        var hasReturned = false;
        try
        {
            await next(delivery, cancellationToken).ConfigureAwait(false);
            hasReturned = true;
        }
        finally
        {
            await EndAsync(new Queue<Delivery>([delivery]), hasReturned, wasAcknowledged).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask HandleBatchAsync(
        IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(deliveries);
        ArgumentNullException.ThrowIfNull(next);
        var copies = new HashSet<Delivery>();
        var begun = new Queue<Delivery>();
        var hasReturned = false;
        try
        {
            // One of each id: a second one in the same batch would wait for the first for ever.
            foreach (var same in deliveries.Where(HasId)
                .GroupBy(static delivery => delivery.MessageId!).OrderBy(static same => same.Key, StringComparer.Ordinal))
            {
                copies.UnionWith(same.Skip(1));
                if (await TryBeginAsync(same.First(), cancellationToken).ConfigureAwait(false))
                    begun.Enqueue(same.First());
                else
                    copies.Add(same.First());
            }

            await next(copies.Count == 0 ? deliveries : [.. deliveries.Where(each => !copies.Contains(each))], cancellationToken)
                .ConfigureAwait(false);
            hasReturned = true;
        }
        finally
        {
            await EndAsync(begun, hasReturned, wereAcknowledged: false).ConfigureAwait(false);
        }
    }

    private static bool HasId(Delivery delivery) => delivery is { MessageId.Length: > 0, StreamOffset: null };

    private ValueTask<bool> TryBeginAsync(Delivery delivery, CancellationToken cancellationToken) =>
        _deduplicator.TryBeginAsync(delivery.Queue, delivery.MessageId!, cancellationToken); // it has one

    // Not cancelled: what is done should be remembered.
    private async ValueTask EndAsync(Queue<Delivery> begun, bool hasReturned, bool wereAcknowledged)
    {
        try
        {
            while (begun.TryPeek(out var delivery))
            {
                if (IsHandled(delivery, hasReturned, wereAcknowledged))
                    await _deduplicator.CompleteAsync(delivery.Queue, delivery.MessageId!, CancellationToken.None).ConfigureAwait(false);
                else
                    await _deduplicator.AbandonAsync(delivery.Queue, delivery.MessageId!).ConfigureAwait(false);
                begun.Dequeue();
            }
        }
        finally
        {
            while (begun.TryDequeue(out var left))
                await _deduplicator.AbandonAsync(left.Queue, left.MessageId!).ConfigureAwait(false);
        }
    }

    // One that acknowledges by itself has done its work, whatever it throws after that.
    private static bool IsHandled(Delivery delivery, bool hasReturned, bool wasAcknowledged) => delivery.GivenVerdict switch
    {
        Verdict.Ack => hasReturned || !wasAcknowledged,
        null => hasReturned && !delivery.IsSettledLater,
        _ => false,
    };
}
