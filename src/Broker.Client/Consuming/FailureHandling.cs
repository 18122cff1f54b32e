namespace Broker.Client;

/// <summary>What becomes of a message that failed, or that shall not be handled at all.</summary>
internal sealed class FailureHandling(
    ConsumingContext context, ConsumerOptions options, Action<BrokerException> fail, CancellationToken stopping)
{
    /// <summary>
    /// A quorum queue of RabbitMQ 4 without a dead-letter exchange deletes a message at its 21st delivery. Far
    /// enough before, it is put aside.
    /// </summary>
    public const int PoisonCount = 15;

    private static readonly TimeSpan s_requeueDelay = TimeSpan.FromSeconds(1);

    private readonly FailurePolicy _policy = options.FailurePolicy;
    private readonly InboundLimits _limits = InboundLimits.Of(context.Options, options);

    /// <summary>Whether it is too large to be handled, or has come back too often to be handled once more.</summary>
    public bool IsPoison(Delivery delivery) =>
        delivery.BrokerDeliveryCount >= PoisonCount || _limits.ExcessOf(delivery) is not null;

    /// <summary>Puts poison aside, as the policy would have it; never drops or repeats it.</summary>
    public async Task PutAsideAsync(ConsumerGeneration generation, Delivery delivery)
    {
        var (queue, count) = (Parking.QueueFor(delivery.Queue, _policy), delivery.DeliveryCount);
        var beyond = _limits.CauseFor(delivery);
        if (beyond is { Excess: { } excess })
            Log.MessageTooLarge(context.Logger, delivery.Queue, excess);
        else if (_policy.Then != FailureAction.DeadLetter)
            Log.PoisonParked(context.Logger, delivery.Queue, count, queue);
        if (_policy.Then == FailureAction.DeadLetter)
            await delivery.TrySettleAsync(Verdict.DeadLetter).ConfigureAwait(false);
        else
            await ParkAsync(generation, delivery, beyond ?? ParkCause.DeliveredTooOften(count)).ConfigureAwait(false);
    }

    /// <summary>What the policy has in the end.</summary>
    public async Task GiveUpAsync(
        ConsumerGeneration generation, Delivery delivery, Exception error, int attempts, DateTimeOffset? firstTime = null)
    {
        Log.HandlerFailed(context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempts, _policy.Then.ToString());
        switch (_policy.Then)
        {
            case FailureAction.Park:
                await ParkAsync(generation, delivery, ParkCause.Failed(error, attempts, firstTime)).ConfigureAwait(false);
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

    /// <summary>Ends the consumer.</summary>
    public void Stop(Delivery delivery, Exception error) => fail(new ConsumerException(
        ConsumerFailure.HandlerFailed, delivery.Queue,
        $"The handler of queue '{delivery.Queue}' threw, and its failure policy is to stop: {error.Message}",
        innerException: error));

    /// <summary>
    /// Has the broker bring it back for its next attempt, by a delay of its own or by a delay queue; after the last one, and
    /// where another cannot help, what the policy has in the end.
    /// </summary>
    public async Task RetryThroughBrokerAsync(ConsumerGeneration generation, Delivery delivery, Exception error)
    {
        bool isBrokers;
        try
        {
            isBrokers = await context.Topology.DelaysRetriesAsync(delivery.Queue, generation.Gone).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is BrokerException or OperationCanceledException or ObjectDisposedException)
        {
            return; // with its connection: it comes again
        }

        var attempt = delivery.RetriedCount + (isBrokers ? delivery.BrokerDeliveryCount ?? 0 : 0) + 1;
        if (attempt >= _policy.Attempts || _policy.IsFinal(error))
        {
            await GiveUpAsync(generation, delivery, error, attempt).ConfigureAwait(false);
            return;
        }

        var delay = _policy.DelayAfter(attempt);
        Log.HandlerRetried(context.Logger, error, delivery.Queue, delivery.DeliveryTag, attempt, _policy.Attempts, delay);
        context.Telemetry.Count(Metrics.Retries, 1, delivery.Queue);
        if (isBrokers)
            await delivery.TrySettleAsync(Verdict.Retry).ConfigureAwait(false);
        else
            await SaveAsync(
                generation, delivery, RetryQueues.NameFor(delivery.Queue, delay), () => TryDelayAsync(delivery, delay))
                .ConfigureAwait(false);
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

    private Task ParkAsync(ConsumerGeneration generation, Delivery delivery, ParkCause cause)
    {
        var queue = Parking.QueueFor(delivery.Queue, _policy);
        return SaveAsync(generation, delivery, queue, () => context.TryParkAsync(delivery, queue, cause, CancellationToken.None));
    }

    // Published and confirmed, then acknowledged: killed in between, the message is there twice, and never not at all.
    private async Task SaveAsync(
        ConsumerGeneration generation, Delivery delivery, string queue, Func<Task<string?>> tryPublishAsync)
    {
        var backoff = new Backoff(context.Options.ReconnectDelay, TimeSpan.FromSeconds(30), context.NewRandom());
        while (!generation.IsGone)
        {
            var wait = backoff.Next();
            if (wait > TimeSpan.Zero && !await WaitAsync(generation, wait).ConfigureAwait(false))
                break;
            if (await tryPublishAsync().ConfigureAwait(false) is not { } failure)
            {
                await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
                return;
            }

            Log.ParkingFailed(context.Logger, delivery.Queue, queue, failure);
        }

        await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
    }

    private async Task<string?> TryDelayAsync(Delivery delivery, TimeSpan delay)
    {
        try
        {
            await context.RetryQueues.SendAsync(delivery, delay, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (failure is BrokerException or ArgumentException)
        {
            return failure.Message;
        }
    }
}
