using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// A batch from lane to verdicts. What the handler has given no verdict is acknowledged when it returns; when it throws,
/// it is called again for what has no verdict yet, and in the end each message goes where the policy has it.
/// </summary>
internal sealed class BatchHandling(
    ConsumingContext context, ConsumerOptions options, Func<IReadOnlyList<Delivery>, CancellationToken, ValueTask> handler,
    RunningHandlers handlers, Action<BrokerException> fail, CancellationToken stopping)
{
    private readonly FailurePolicy _policy = options.FailurePolicy;
    private readonly FailureHandling _failures = new(context, options, fail, stopping);

    public async ValueTask HandleAsync(ConsumerGeneration generation, List<Delivery> deliveries, int lane)
    {
        foreach (var poison in deliveries.FindAll(_failures.IsPoison))
        {
            await _failures.PutAsideAsync(generation, poison).ConfigureAwait(false);
            deliveries.Remove(poison);
        }

        if (deliveries.Count > 0)
            context.Telemetry.Consumed(deliveries[0].Queue, deliveries.Count, generation.Server);
        for (var attempt = 1; deliveries.Count > 0; attempt++)
        {
            if (await RunAsync(generation, deliveries, lane).ConfigureAwait(false) is not { } error)
                return;
            deliveries = deliveries.FindAll(static delivery => !delivery.IsSettled); // a new list: the old one is the handler's
            Log.BatchFailed(
                context.Logger, error, deliveries.Count, deliveries.Count > 0 ? deliveries[0].Queue : "", attempt,
                _policy.Attempts);
            if (generation.IsGone)
                return; // they come again
            if (error is UndecodableMessageException { Delivery: var bad } && deliveries.Remove(bad))
            {
                // The others are not to blame, and lose no attempt.
                await _failures.GiveUpAsync(generation, bad, error, attempt).ConfigureAwait(false);
                attempt--;
                continue;
            }

            var last = _policy.IsFinal(error) ? 1 : _policy.Attempts;
            if (!_policy.IsThroughBroker && attempt < last
                && await _failures.WaitAsync(generation, _policy.DelayAfter(attempt)).ConfigureAwait(false))
            {
                if (deliveries.Count > 0)
                    context.Telemetry.Count(Metrics.Retries, deliveries.Count, deliveries[0].Queue);
                continue;
            }

            foreach (var delivery in deliveries)
            {
                if (_policy.IsThroughBroker)
                    await _failures.RetryThroughBrokerAsync(generation, delivery, error).ConfigureAwait(false);
                else if (attempt < last)
                    await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false); // a stop broke the wait off
                else
                    await _failures.GiveUpAsync(generation, delivery, error, attempt).ConfigureAwait(false);
            }

            return;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A handler may throw anything; what it threw is returned.")]
    private async ValueTask<Exception?> RunAsync(ConsumerGeneration generation, List<Delivery> deliveries, int lane)
    {
        var running = handlers.Begin(lane, generation, deliveries[0]);
        var operation = context.Telemetry.Processing(deliveries, generation.Server);
        operation?.Enter();
        try
        {
            await handler(deliveries, running.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            operation?.End(error.GetType().FullName);
            return running.Explain(error);
        }
        finally
        {
            running.End();
        }

        foreach (var delivery in deliveries)
        {
            if (options.AckMode == AckMode.AfterHandler && !delivery.IsSettled)
                await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
        }

        operation?.End();
        return null;
    }
}
