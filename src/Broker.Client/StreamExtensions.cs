using System.Runtime.CompilerServices;

namespace Broker.Client;

/// <summary>
/// Streams: logs of events that are kept for a time, and that any number of readers read, each at its own pace and as often as
/// it likes. Events are published as messages are (<see cref="IPublisher"/>), to the stream by its name, or to an exchange that it
/// is bound to.
/// </summary>
public static class StreamExtensions
{
    private const ushort ReadPrefetch = 256;

    /// <summary>Declares a stream, and again after every reconnect.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">Its name: it is a queue to the broker, and found, bound and deleted as one.</param>
    /// <param name="options">How long events are kept; by default for ever.</param>
    /// <param name="cancellationToken">Stops the waiting; the declaration may still take place.</param>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    /// <exception cref="TopologyException">
    /// The broker refused; where the stream exists with other properties (406), the message holds the line that matches it.
    /// </exception>
    /// <exception cref="BrokerConnectionException">No connection within <see cref="BrokerOptions.OperationTimeout"/>.</exception>
    public static async ValueTask DeclareStreamAsync(
        this BrokerClient client, string name, StreamOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        Check.NotEmpty(name);
        var queue = (options ?? new StreamOptions()).ToQueue(name);
        try
        {
            await client.DeclareQueueAsync(name, queue, cancellationToken).ConfigureAwait(false);
        }
        catch (TopologyException error)
            when (error.InnerException is TopologyException refused && DeclarationMismatch.Explain("stream", name, refused) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>
    /// A stream as an asynchronous sequence, in its order. Survives reconnects, after which it goes on with the next event: none is left
    /// out, and none comes twice. An event needs no verdict; it is done with when the loop asks for the next.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="from">Where to begin; null means with the oldest event that is kept.</param>
    /// <param name="filter">Which events are wanted; null means all.</param>
    /// <param name="cancellationToken">Ends the sequence with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ConsumerException">There is no such stream, or it cannot be read any more.</exception>
    public static IAsyncEnumerable<Delivery> ReadStreamAsync(
        this BrokerClient client, string stream, StreamOffset? from = null, StreamFilter? filter = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        Check.NotEmpty(stream);
        var options = new ConsumerOptions
        {
            AckMode = AckMode.Manual,
            StreamOffset = from ?? StreamOffset.First,
            Prefetch = ReadPrefetch,
        }.Freeze();
        return ReadAsync(client, stream, options, filter, cancellationToken);
    }

    private static async IAsyncEnumerable<Delivery> ReadAsync(
        BrokerClient client, string stream, ConsumerOptions options, StreamFilter? filter,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var context = client.ConsumingContext;
        var tracking = new StreamTracking
        {
            Position = StreamStart.PositionAt(options.StreamOffset!), // set above
            Filter = filter,
            Lost = (wanted, lost) => Log.EventsGone(context.Logger, stream, "a reader", lost, wanted),
        };
        var events = new Reader(context).ReadAsync(stream, options, tracking, cancellationToken);
        await foreach (var delivery in events.ConfigureAwait(false))
        {
            yield return delivery;
            await delivery.TrySettleAsync(Verdict.Ack).ConfigureAwait(false);
        }
    }
}
