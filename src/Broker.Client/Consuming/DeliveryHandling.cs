using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// One delivery from lane to verdict: the handler, the ack mode, and what becomes of it when the handler throws.
/// </summary>
internal sealed class DeliveryHandling(
    ConsumingContext context, ConsumerOptions options, Func<Delivery, CancellationToken, ValueTask> handler,
    RunningHandlers handlers, Action<BrokerException> fail, CancellationToken stopping)
{
    /// <summary>
    /// A quorum queue of RabbitMQ 4 without a dead-letter exchange deletes a message at its 21st delivery. Far
    /// enough before, it is put aside.
    /// </summary>
    public const int PoisonCount = 15;

    private static readonly TimeSpan s_requeueDelay = TimeSpan.FromSeconds(1);

    private readonly FailurePolicy _policy = options.FailurePolicy;

    /// <summary>Whether it has come back too often to be handled once more.</summary>
    public static bool IsPoison(Delivery delivery) => delivery.BrokerDeliveryCount >= PoisonCount;

    public async ValueTask HandleAsync(ConsumerGeneration generation, Delivery delivery, int lane)
    {
        if (IsPoison(delivery))
        {
            await PutAsideAsync(generation, delivery).ConfigureAwait(false);
            return;
        }

        if (options.AckMode == AckMode.BeforeHandler && !await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false))
            return; // its channel is gone: it comes again

        for (var attempt = 1; await RunAsync(generation, delivery, lane).ConfigureAwait(false) is { } error; attempt++)
        {
            if (delivery.IsSettled)
            {
                Log.HandlerFailed(
                    context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempt, "it had its verdict already");
                if (options.AckMode == AckMode.BeforeHandler && _policy.Then == FailureAction.Stop)
                    Stop(delivery, error);
                return;
            }

            if (generation.IsGone)
            {
                Log.LateVerdict(context.Logger, delivery.Queue);
                return;
            }

            if (attempt >= _policy.Attempts)
            {
                await GiveUpAsync(generation, delivery, error, attempt).ConfigureAwait(false);
                return;
            }

            var delay = _policy.DelayAfter(attempt);
            Log.HandlerRetried(context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempt, _policy.Attempts, delay);
            if (!await WaitAsync(generation, delay).ConfigureAwait(false))
            {
                await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>
    /// Puts a message aside that has come back too often, as the policy would have it; never drops or repeats it.
    /// </summary>
    public async Task PutAsideAsync(ConsumerGeneration generation, Delivery delivery)
    {
        var count = delivery.DeliveryCount;
        if (_policy.Then == FailureAction.DeadLetter)
        {
            await delivery.TrySettleAsync(Verdict.DeadLetter).ConfigureAwait(false);
            return;
        }

        Log.PoisonParked(context.Logger, delivery.Queue, count, Parking.QueueFor(delivery.Queue, _policy));
        await ParkAsync(generation, delivery, error: null, attempts: count).ConfigureAwait(false);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A handler may throw anything; what it threw is returned.")]
    private async ValueTask<Exception?> RunAsync(ConsumerGeneration generation, Delivery delivery, int lane)
    {
        var running = handlers.Begin(lane, generation, delivery);
        try
        {
            await handler(delivery, running.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return running.Explain(error);
        }
        finally
        {
            running.End();
        }

        if (options.AckMode == AckMode.AfterHandler && !delivery.IsSettled
            && !await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false))
            Log.LateVerdict(context.Logger, delivery.Queue);
        return null;
    }

    /// <summary>What the policy has in the end.</summary>
    public async Task GiveUpAsync(ConsumerGeneration generation, Delivery delivery, Exception error, int attempts)
    {
        Log.HandlerFailed(context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempts, _policy.Then.ToString());
        switch (_policy.Then)
        {
            case FailureAction.Park:
                await ParkAsync(generation, delivery, error, attempts).ConfigureAwait(false);
                break;
            case FailureAction.DeadLetter:
                await delivery.TrySettleAsync(Verdict.DeadLetter).ConfigureAwait(false);
                break;
            case FailureAction.Requeue:
                // At once the first time; after that with a wait, so that a message which always fails does not spin.
                if (delivery.Redelivered)
                    await WaitAsync(generation, s_requeueDelay).ConfigureAwait(false);
                await delivery.TrySettleAsync(Verdict.Retry).ConfigureAwait(false);
                break;
            case FailureAction.Discard:
                await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
                break;
            case FailureAction.Stop:
                Stop(delivery, error);
                break;
        }
    }

    private void Stop(Delivery delivery, Exception error) => fail(new ConsumerException(
        ConsumerFailure.HandlerFailed, delivery.Queue,
        $"The handler of queue '{delivery.Queue}' threw, and its failure policy is to stop: {error.Message}",
        innerException: error));

    // Published and confirmed, then acknowledged: killed in between, the message is there twice, and never not at all.
    private async Task ParkAsync(ConsumerGeneration generation, Delivery delivery, Exception? error, int attempts)
    {
        var queue = Parking.QueueFor(delivery.Queue, _policy);
        var backoff = new Backoff(context.Options.ReconnectDelay, TimeSpan.FromSeconds(30), context.NewRandom());
        while (!generation.IsGone)
        {
            var wait = backoff.Next();
            if (wait > TimeSpan.Zero && !await WaitAsync(generation, wait).ConfigureAwait(false))
                break;
            if (await context.Parking.TryParkAsync(delivery, queue, error, attempts, CancellationToken.None)
                .ConfigureAwait(false) is not { } failure)
            {
                await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
                return;
            }

            Log.ParkingFailed(context.Logger, delivery.Queue, queue, failure);
        }

        await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
    }

    /// <summary>False when the consumer stops or the channel goes during the wait.</summary>
    public async ValueTask<bool> WaitAsync(ConsumerGeneration generation, TimeSpan delay)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, generation.Gone);
        try
        {
            await Task.Delay(delay, context.Options.TimeProvider, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
