using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>
/// How a subscription gets the broker to deliver: at first, where a refusal is the caller's; and again after each
/// interruption, until the broker takes the consumer, or has refused it for too long.
/// </summary>
internal sealed class ConsumerOpening(
    ConsumingContext context, ConsumeTerms terms, IDeliverySink sink, Generations generations, IOpenings? openings,
    CancellationToken stopping)
{
    // A broker that has not noticed the end of our last connection counts its consumers yet: for two or three heartbeats.
    private readonly TimeSpan _grace = TimeSpan.FromSeconds(Math.Max(60, 3 * context.Options.Heartbeat.TotalSeconds));

    private readonly Backoff _backoff = Backoff.OfChannels(context.Options, context.NewRandom());
    private readonly TimeProvider _time = context.Options.TimeProvider;

    /// <summary>The next attempt is made at once.</summary>
    public void Reset() => _backoff.Reset();

    /// <summary>It was consumed for so long: see <see cref="Backoff.NoteHeld"/>.</summary>
    public void NoteHeld(TimeSpan time) => _backoff.NoteHeld(time);

    /// <summary>Consumes for the first time.</summary>
    /// <exception cref="ConsumerException">The broker refused.</exception>
    public async Task<ConsumerGeneration> OpenFirstAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var live = await context.Connections.GetAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(live, cancellationToken).ConfigureAwait(false);
            }
            catch (TopologyException refused)
            {
                throw ConsumerErrors.Terminal(refused, terms.Queue, context.Options);
            }
            catch (BrokerConnectionException) when (live.Lost.IsCompleted)
            {
                await Task.Delay(_backoff.Next(), _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Consumes again, with back-off.</summary>
    /// <exception cref="ConsumerException">The broker refuses, and waiting has not mended it or cannot.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A consumer must not die of what nobody has foreseen.")]
    public async Task<ConsumerGeneration> ReopenAsync(CancellationToken cancellationToken)
    {
        long? refusedSince = null;
        string? told = null;
        while (true)
        {
            var wait = _backoff.Next();
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
            var live = await context.Connections.GetAsync(throughFaults: true, cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(live, cancellationToken).ConfigureAwait(false);
            }
            catch (TopologyException refused) when (terms.TakeBackGuess(refused))
            {
                // Again, without it.
            }
            catch (TopologyException refused) when (!refused.IsTransient)
            {
                refusedSince ??= _time.GetTimestamp();
                var terminal = ConsumerErrors.Terminal(refused, terms.Queue, context.Options);
                if (terminal.Reason == ConsumerFailure.AccessRefused || _time.GetElapsedTime(refusedSince.Value) > _grace)
                    throw terminal;
                Tell(refused.Message);
            }
            catch (BrokerException error)
            {
                Tell(error.Message);
            }
            catch (Exception error) when (error is not (OperationCanceledException or ObjectDisposedException))
            {
                Log.ReopeningFaulted(context.Logger, error, terms.Queue);
            }
        }

        void Tell(string why)
        {
            if (why == told)
                Log.ConsumerNotBackAgain(context.Logger, terms.Queue, why);
            else
                Log.ConsumerNotBackYet(context.Logger, terms.Queue, told = why);
        }
    }

    private async Task<ConsumerGeneration> OpenAsync(LiveConnection live, CancellationToken cancellationToken)
    {
        ConsumerGeneration generation;
        var isRestored = false;
        try
        {
            generation = await OpenGenerationAsync(live).ConfigureAwait(false);
        }
        catch (TopologyException missing)
            when (missing is { ReplyCode: 404, IsTransient: false } && context.Topology.Owns(terms.Queue))
        {
            isRestored = true;
            await context.Topology.RestoreQueueAsync(live, terms.Queue, cancellationToken).ConfigureAwait(false);
            generation = await OpenGenerationAsync(live).ConfigureAwait(false);
        }

        generation.Gone.UnsafeRegister(
            static state =>
            {
                var (sink, gone) = ((IDeliverySink, ConsumerGeneration))state!; // as registered
                sink.OnGone(gone);
            },
            (sink, generation));
        openings?.OnOpened(live, isRestored, generations.LastDelivery, generations.LeftOpen);
        generations.Add(generation);
        terms.NoteAccepted(_time.GetUtcNow());
        if (stopping.IsCancellationRequested)
            generation.Fail("it was stopped meanwhile.");
        Log.Consuming(context.Logger, terms.Queue, terms.Prefetch);
        return generation;
    }

    private async Task<ConsumerGeneration> OpenGenerationAsync(LiveConnection live)
    {
        var generation = new ConsumerGeneration(
            terms.Prefetch, terms.AckAtOnce, sink.Deliver, context.RetryQueues, _time, context.Telemetry, terms.Stream);
        try
        {
            await generation.OpenAsync(live, terms.ToRequest(live.BrokerVersion), context.Options).ConfigureAwait(false);
            return generation;
        }
        catch
        {
            generation.Fail("it could not begin."); // what comes all the same, after a consume that was given up, is not handled
            throw;
        }
    }
}
