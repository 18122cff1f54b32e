namespace Broker.Client;

/// <summary>Streams in partitions: declared, filled by key, and read by those who have the partitions.</summary>
public static class PartitionExtensions
{
    /// <summary>Declares every partition, as <see cref="StreamExtensions.DeclareStreamAsync"/> does; each has the limits of its own.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="TopologyException">The broker refused.</exception>
    /// <exception cref="BrokerConnectionException">No connection within <see cref="BrokerOptions.OperationTimeout"/>.</exception>
    public static async ValueTask DeclarePartitionsAsync(
        this BrokerClient client, StreamPartitions stream, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        for (var partition = 0; partition < stream.Count; partition++)
            await client.DeclareStreamAsync(stream.StreamOf(partition), options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Publishes an event to the partition of its key, as <see cref="IPublisher.SendAsync"/> does. The key itself does not travel.</summary>
    /// <exception cref="PublishException">It was not confirmed.</exception>
    public static ValueTask<PublishResult> SendAsync(
        this IPublisher publisher, StreamPartitions stream, string key, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(publisher);
        ArgumentNullException.ThrowIfNull(stream);
        return publisher.SendAsync(stream.StreamFor(key), message, options, cancellationToken);
    }

    /// <summary>
    /// Subscribes to partitions of a stream, those that the application has given to this process, for instance
    /// <c>SubscribePartitionsAsync(trades, [0, 2], stream => broker.SubscribeAsync(stream, "billing", handler))</c>. Where one is refused none is subscribed to.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="partitions">Which; null means all.</param>
    /// <param name="subscribe">Subscribes to the stream of a partition, with a handler of any shape. A name has a position in each.</param>
    /// <exception cref="ArgumentException">There is no such partition, or one is named twice, or none is.</exception>
    public static async ValueTask<PartitionedSubscription> SubscribePartitionsAsync(
        this BrokerClient client, StreamPartitions stream, IReadOnlyList<int>? partitions,
        Func<string, ValueTask<StreamSubscription>> subscribe)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(subscribe);
        string[] streams = [.. (partitions ?? [.. Enumerable.Range(0, stream.Count)]).Select(stream.StreamOf)];
        if (streams.Length == 0 || streams.Distinct(StringComparer.Ordinal).Count() < streams.Length)
            throw new ArgumentException(
                $"The partitions of '{stream.Name}' to subscribe to are [{string.Join(", ", partitions!)}]; name each once, and one at least.", // null means all, which these are
                nameof(partitions));
        var subscriptions = new List<StreamSubscription>();
        try
        {
            foreach (var each in streams)
                subscriptions.Add(await subscribe(each).ConfigureAwait(false));
            return new PartitionedSubscription(subscriptions);
        }
        catch
        {
            foreach (var subscription in subscriptions)
                await subscription.StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}
