namespace Broker.Client;

/// <summary>
/// One pass over what a queue holds when it begins. What has no verdict by its end goes back; but a quorum queue
/// counts that on many brokers, and deletes a message at its 21st delivery, so that one which was looked at often is
/// put there anew, confirmed, and then acknowledged.
/// </summary>
internal sealed class ParkedLook : IAsyncDisposable
{
    /// <summary>Half of what the broker allows: the rest is for those that look and are killed.</summary>
    private const int OftenSeen = 10;

    private readonly GetChannel _channel;
    private readonly IPublisher _publisher;
    private uint _left;

    private ParkedLook(GetChannel channel, IPublisher publisher, uint left) =>
        (_channel, _publisher, _left) = (channel, publisher, left);

    /// <summary>Null where there is no such queue, or nothing in it.</summary>
    public static async Task<ParkedLook?> OpenAsync(
        ConsumingContext context, IPublisher publisher, string queue, CancellationToken cancellationToken)
    {
        if (await context.Topology.FindQueueAsync(queue, cancellationToken).ConfigureAwait(false) is not { MessageCount: > 0 and var count })
            return null;
        var live = await context.Connections.GetAsync(cancellationToken).ConfigureAwait(false);
        var channel = await GetChannel.OpenAsync(live, queue, context.Options, context.RetryQueues, context.Telemetry)
            .ConfigureAwait(false);
        return new ParkedLook(channel, publisher, count);
    }

    /// <summary>The next; null when all that was there at the beginning was seen.</summary>
    /// <exception cref="BrokerException">The connection went; all that has no verdict is back in the queue.</exception>
    public async Task<Delivery?> NextAsync()
    {
        if (_left == 0)
            return null;
        _left--;
        return await _channel.GetAsync().ConfigureAwait(false);
    }

    /// <summary>Leaves it where it is.</summary>
    public async Task KeepAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.BrokerDeliveryCount is not >= OftenSeen)
            return;
        // The names are those under which it notes them already: a parked message has neither as a property.
        var message = MessageCopy.Of(delivery, ParkedHeaders.UserId, ParkedHeaders.Expiration);
        await _publisher.SendAsync(delivery.Queue, message, options: null, cancellationToken).ConfigureAwait(false);
        await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.ReleaseAllAsync().ConfigureAwait(false);
        _channel.Close();
    }
}
