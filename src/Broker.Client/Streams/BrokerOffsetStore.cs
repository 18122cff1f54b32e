using System.Collections.Concurrent;
using System.Globalization;

namespace Broker.Client;

/// <summary>
/// Positions in the broker itself: for each subscriber of a stream a quorum queue <c>&lt;stream&gt;.&lt;subscriber&gt;.offset</c>, which keeps
/// one message, the newest.
/// </summary>
/// <remarks>
/// A position is published and confirmed, upon which the broker drops the one before. It is read by taking it, publishing it
/// again and only then acknowledging it: broken off in between it is there twice, and never not at all. Of several the
/// lowest counts, so that events may come again and none is left out. Handing it back instead would be counted as a failed
/// delivery, at the 20th of which RabbitMQ 4 deletes a message.
/// </remarks>
/// <param name="client">Whose broker; it may be the one that subscribes.</param>
public sealed class BrokerOffsetStore(BrokerClient client) : IOffsetStore
{
    private const int Attempts = 3;
    private const string Nothing = "none";

    // Someone else of the same name may go on writing meanwhile.
    private const int MostAtOnce = 16;

    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(100);
    private static readonly QueueOptions s_queue = new() { MaxLength = 1, Overflow = QueueOverflow.DropHead };

    private readonly ConcurrentDictionary<string, bool> _declared = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    /// <exception cref="InvalidDataException">The queue holds something else.</exception>
    public async ValueTask<long?> ReadAsync(string stream, string subscriber, CancellationToken cancellationToken = default)
    {
        var isNew = await client.FindQueueAsync(QueueFor(stream, subscriber), cancellationToken).ConfigureAwait(false) is null;
        var queue = await DeclareAsync(stream, subscriber, cancellationToken).ConfigureAwait(false);
        if (isNew)
        {
            // From here on it is never empty, unless somebody has the position in hand.
            await client.SendAsync(queue, Nothing, cancellationToken: cancellationToken).ConfigureAwait(false);
            return null;
        }

        var options = client.ConsumingContext.Options;
        var (began, attempt) = (options.TimeProvider.GetTimestamp(), 1);
        while (true)
        {
            try
            {
                if (await TakeAsync(queue, cancellationToken).ConfigureAwait(false) is { } found)
                    return found.Offset;
                // A broker keeps what a reader who died had in hand until it has missed his heartbeats.
                if (options.TimeProvider.GetElapsedTime(began) > options.Heartbeat * 3)
                    return null;
            }
            catch (BrokerException error) when (error.IsTransient && attempt++ < Attempts)
            {
                // A quorum queue that has no leader yet, of a broker that has just started, leaves a get unanswered.
            }

            await Task.Delay(s_again, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="BrokerException">The broker refused, or there is no connection.</exception>
    public async ValueTask WriteAsync(string stream, string subscriber, long offset, CancellationToken cancellationToken = default)
    {
        var queue = await DeclareAsync(stream, subscriber, cancellationToken).ConfigureAwait(false);
        try
        {
            await client.SendAsync(queue, ToMessage(offset), cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (PublishException) when (_declared.TryRemove(queue, out _))
        {
            throw; // it may have been deleted: the next time it is declared again
        }
    }

    internal static string QueueFor(string stream, string subscriber) => $"{stream}.{subscriber}.offset";

    /// <summary>What the queue holds; null where that is nothing at the moment.</summary>
    private async Task<Position?> TakeAsync(string queue, CancellationToken cancellationToken)
    {
        var held = new List<Delivery>();
        try
        {
            while (held.Count < MostAtOnce && await client.GetAsync(queue, cancellationToken).ConfigureAwait(false) is { } delivery)
                held.Add(delivery);
            if (held.Count == 0)
                return null;
            var lowest = held.Min(Parse);
            await client.SendAsync(
                queue, lowest is { } offset ? ToMessage(offset) : Nothing, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var delivery in held)
                await delivery.AckAsync().ConfigureAwait(false);
            return new Position(lowest);
        }
        catch
        {
            foreach (var delivery in held)
                await delivery.TrySettleAsync(Verdict.Release).ConfigureAwait(false);
            throw;
        }
    }

    private static Message ToMessage(long offset) => Message.FromText(offset.ToString(CultureInfo.InvariantCulture));

    private static long? Parse(Delivery delivery) =>
        delivery.GetText() == Nothing ? null
        : long.TryParse(delivery.GetText(), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? offset
        : throw new InvalidDataException(
                $"Queue '{delivery.Queue}' holds no position of a subscriber. Delete or purge it to begin anew.");

    private async ValueTask<string> DeclareAsync(string stream, string subscriber, CancellationToken cancellationToken)
    {
        var queue = QueueFor(stream, subscriber);
        if (_declared.ContainsKey(queue))
            return queue;
        await client.DeclareQueueAsync(queue, s_queue, cancellationToken).ConfigureAwait(false);
        _declared[queue] = true;
        return queue;
    }

    private sealed record Position(long? Offset);
}
