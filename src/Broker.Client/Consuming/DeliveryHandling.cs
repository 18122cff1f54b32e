using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// One delivery from lane to verdict: the handler, the ack mode, and how often it is tried when the handler throws.
/// </summary>
internal sealed class DeliveryHandling(
    ConsumingContext context, ConsumerOptions options, Func<Delivery, CancellationToken, ValueTask> handler,
    RunningHandlers handlers, Action<BrokerException> fail, CancellationToken stopping)
{
    private readonly FailurePolicy _policy = options.FailurePolicy;

    /// <summary>What becomes of those that fail.</summary>
    public FailureHandling Failures { get; } = new(context, options, fail, stopping);

    public async ValueTask HandleAsync(ConsumerGeneration generation, Delivery delivery, int lane)
    {
        if (Failures.IsPoison(delivery))
        {
            await Failures.PutAsideAsync(generation, delivery).ConfigureAwait(false);
            return;
        }

        if (options.AckMode == AckMode.BeforeHandler && !await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false))
            return; // its channel is gone: it comes again

        context.Telemetry.Consumed(delivery.Queue, 1, generation.Server);
        DateTimeOffset? firstTime = null;
        for (var attempt = 1; await RunAsync(generation, delivery, lane).ConfigureAwait(false) is { } error; attempt++)
        {
            if (delivery.IsSettled)
            {
                Log.HandlerFailed(
                    context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempt, "it had its verdict already");
                if (options.AckMode == AckMode.BeforeHandler && _policy.Then == FailureAction.Stop)
                    Failures.Stop(delivery, error);
                return;
            }

            if (generation.IsGone)
            {
                Log.LateVerdict(context.Logger, delivery.Queue);
                return;
            }

            if (_policy.IsThroughBroker)
            {
                await Failures.RetryThroughBrokerAsync(generation, delivery, error).ConfigureAwait(false);
                return;
            }

            firstTime ??= context.Options.TimeProvider.GetUtcNow();
            if (attempt >= _policy.Attempts || _policy.IsFinal(error))
            {
                await Failures.GiveUpAsync(generation, delivery, error, attempt, firstTime).ConfigureAwait(false);
                return;
            }

            var delay = _policy.DelayAfter(attempt);
            Log.HandlerRetried(context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempt, _policy.Attempts, delay);
            context.Telemetry.Count(Metrics.Retries, 1, delivery.Queue);
            if (!await Failures.WaitAsync(generation, delay).ConfigureAwait(false))
            {
                await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
                return;
            }
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A handler may throw anything; what it threw is returned.")]
    private async ValueTask<Exception?> RunAsync(ConsumerGeneration generation, Delivery delivery, int lane)
    {
        var running = handlers.Begin(lane, generation, delivery);
        var operation = context.Telemetry.Processing(delivery, generation.Server);
        operation?.Enter();
        try
        {
            await handler(delivery, running.Token).ConfigureAwait(false);
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

        if (options.AckMode == AckMode.AfterHandler && !delivery.IsSettled
            && !await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false))
            Log.LateVerdict(context.Logger, delivery.Queue);
        operation?.End();
        return null;
    }
}
