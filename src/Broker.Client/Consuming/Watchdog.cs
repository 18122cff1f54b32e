using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>Watches over a consumer that gets nothing, and gives it up once it is deaf.</summary>
internal sealed class Watchdog(ConsumingContext context, ConsumeTerms terms)
{
    private readonly Deafness _deafness = new();

    /// <summary>Ends with the token, or when it has given the consumer up.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A look that failed for whatever reason is followed by another.")]
    public async Task WatchAsync(ConsumerGeneration generation, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Deafness.Interval, context.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
            try
            {
                if (await FindCauseAsync(generation, cancellationToken).ConfigureAwait(false) is not { } cause)
                    continue;
                generation.GiveUp(cause);
                return;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                Log.QueueNotSeen(context.Logger, terms.Queue, error.Message);
            }
        }
    }

    private async ValueTask<string?> FindCauseAsync(ConsumerGeneration generation, CancellationToken cancellationToken)
    {
        if (!_deafness.IsWorthALook(terms.Prefetch - generation.Unsettled, generation.LastDeliveryAt)
            || terms.IsStream || context.Topology.TypeOf(terms.Queue) == QueueType.Stream)
            return null;
        var queue = await context.Looks.LookAsync(terms.Queue, cancellationToken).ConfigureAwait(false);
        return _deafness.Judge(queue, context.Topology.IsSingleActive(terms.Queue));
    }
}
