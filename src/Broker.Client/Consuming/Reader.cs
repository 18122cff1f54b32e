using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>A queue as an asynchronous sequence: the same subscription, with the caller's loop in place of lanes.</summary>
internal sealed class Reader(ConsumingContext context)
{
    public async IAsyncEnumerable<Delivery> ReadAsync(
        string queue, ConsumerOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var subscription = new Subscription(context, queue, options);
        var handling = new DeliveryHandling(context, options, static (_, _) => default, static _ => { }, subscription.Stopping);
        await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (await subscription.TakeAsync(cancellationToken).ConfigureAwait(false) is var (generation, delivery))
            {
                if (delivery.BrokerDeliveryCount >= DeliveryHandling.PoisonCount)
                    await handling.PutAsideAsync(generation, delivery).ConfigureAwait(false);
                else
                    yield return delivery;
            }

            // Nobody stops a sequence from outside: it has ended for good.
            throw await subscription.Completed.ConfigureAwait(false)
                ?? (Exception)new ObjectDisposedException(nameof(BrokerClient));
        }
        finally
        {
            await subscription.QuiesceAsync().ConfigureAwait(false);
            await subscription.CloseAsync().ConfigureAwait(false);
        }
    }
}
