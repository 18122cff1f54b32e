using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Broker.Client;

/// <summary>A queue as an asynchronous sequence: the same subscription, with the caller's loop in place of lanes.</summary>
internal sealed class Reader(ConsumingContext context)
{
    private static readonly TimeSpan s_closeLimit = TimeSpan.FromSeconds(5);

    /// <summary>The options of the consumer beneath, frozen: the caller gives the verdicts.</summary>
    public static ConsumerOptions Adapt(ConsumerOptions? options)
    {
        if (options is { AckMode: AckMode.BeforeHandler })
            throw new ArgumentException(
                "ReadAsync has no handler that BeforeHandler could come before: acknowledge each delivery, by AckMode.Manual.",
                nameof(options));
        if (options is { Filters.Count: > 0 })
            throw new ArgumentException(
                "ReadAsync has no handler that ConsumerOptions.Filters could stand around: leave them out, and do their work in the loop.",
                nameof(options));
        return ((options ?? new ConsumerOptions()) with { AckMode = AckMode.Manual }).Freeze();
    }

    public async IAsyncEnumerable<Delivery> ReadAsync(
        string queue, ConsumerOptions options, StreamTracking? stream = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = new CancellationTokenSource();
        using var handlers = new RunningHandlers(Timeout.InfiniteTimeSpan, context.Options.TimeProvider, static _ => { });
        var handling = new DeliveryHandling(context, options, static (_, _) => default, handlers, static _ => { }, stop.Token);
        var buffer = new ReadBuffer();
        var subscription = new Subscription(context, queue, options, buffer, stop.Token, stream);
        await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        var ended = buffer.CompleteWithAsync(subscription.Completed);
        try
        {
            var began = context.Telemetry.Begin(OperationKind.Receive);
            while (await buffer.TakeAsync(cancellationToken).ConfigureAwait(false) is var (generation, delivery))
            {
                if (handling.Failures.IsPoison(delivery))
                {
                    await handling.Failures.PutAsideAsync(generation, delivery).ConfigureAwait(false);
                    continue;
                }

                context.Telemetry.Received(OperationKind.Receive, queue, began, delivery, generation.Server);
                yield return delivery;
                began = context.Telemetry.Begin(OperationKind.Receive);
            }

            // Nobody stops a sequence from outside: it has ended for good.
            throw await subscription.Completed.ConfigureAwait(false)
                ?? (Exception)new ObjectDisposedException(nameof(BrokerClient));
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await subscription.QuiesceAsync(s_closeLimit).ConfigureAwait(false);
            await subscription.CloseAsync(s_closeLimit).ConfigureAwait(false);
            await ended.ConfigureAwait(false);
        }
    }

    /// <summary>Holds no more than the prefetch: the broker sends nothing beyond it.</summary>
    [SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "It is instantiated above.")]
    private sealed class ReadBuffer : IDeliverySink
    {
        private readonly Channel<(ConsumerGeneration Generation, Delivery Delivery)> _buffer =
            Channel.CreateUnbounded<(ConsumerGeneration, Delivery)>(new UnboundedChannelOptions { SingleWriter = false });

        private ConsumerGeneration? _newest;

        public void Deliver(ConsumerGeneration generation, Delivery delivery)
        {
            _newest = generation;
            _buffer.Writer.TryWrite((generation, delivery)); // completed, it is nobody's any more, and goes back with the channel
        }

        public IReadOnlyCollection<Delivery> TakeBack()
        {
            var taken = new List<Delivery>();
            while (_buffer.Reader.TryRead(out var item))
                taken.Add(item.Delivery);
            return taken;
        }

        public void OnGone(ConsumerGeneration generation)
        {
            // The caller's loop has no token of ours.
        }

        public async Task CompleteWithAsync(Task completed)
        {
            await completed.ConfigureAwait(false);
            _buffer.Writer.TryComplete();
        }

        /// <summary>The next that can still be settled; null when there will be none.</summary>
        public async ValueTask<(ConsumerGeneration Generation, Delivery Delivery)?> TakeAsync(
            CancellationToken cancellationToken)
        {
            while (true)
            {
                if (_buffer.Reader.TryRead(out var taken))
                {
                    if (!taken.Generation.IsGone && !taken.Generation.TrySkip(taken.Delivery))
                        return taken;
                    continue;
                }

                _newest?.OnStarved();
                if (!await _buffer.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                    return null;
            }
        }
    }
}
