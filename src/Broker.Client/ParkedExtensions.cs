namespace Broker.Client;

/// <summary>What consumers have put aside: a look at it, and the way back.</summary>
public static class ParkedExtensions
{
    /// <summary>
    /// Lists what a parking queue holds when the listing begins, oldest first; nothing where there is no such queue.
    /// Nothing is taken: meanwhile the messages are kept from other consumers of the queue, and at its end, or when the loop
    /// is left, they go back.
    /// </summary>
    /// <remarks>
    /// A quorum queue counts that, before RabbitMQ 4.3, and deletes a message at its 21st delivery. So a message that has been
    /// looked at ten times is published to the queue anew, confirmed, and then removed: it moves to the end. A client that is
    /// killed in between leaves it there twice.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="parkingQueue">The queue, for instance <c>orders.failed</c>.</param>
    /// <param name="cancellationToken">Ends the listing with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="BrokerException">
    /// There is no connection, it was lost during the listing, or a message could not be published anew.
    /// </exception>
    public static IAsyncEnumerable<ParkedMessage> ListParkedAsync(
        this BrokerClient client, string parkingQueue, CancellationToken cancellationToken = default) =>
        Of(client, parkingQueue).ListAsync(parkingQueue, cancellationToken);

    /// <summary>
    /// Sends parked messages back to the queues that they were taken from, each published with a confirm and only then
    /// removed: broken off in between, a message is in both queues, and never in none. They arrive by the default
    /// exchange, under the name of their queue. Of what is parked during the call nothing is moved, so that what fails
    /// again does not go in circles.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="parkingQueue">The queue, for instance <c>orders.failed</c>.</param>
    /// <param name="filter">Which ones; all where it is null. A message that does not say where it came from stays.</param>
    /// <param name="cancellationToken">Ends it after the message under way; those sent are home.</param>
    /// <returns>How many went home; 0 where there is no such queue.</returns>
    /// <exception cref="PublishManyException">Some could not be published and are still parked; the others are home.</exception>
    /// <exception cref="BrokerException">There is no connection, or it was lost; those sent are home.</exception>
    public static Task<int> SendParkedHomeAsync(
        this BrokerClient client, string parkingQueue, Func<ParkedMessage, bool>? filter = null,
        CancellationToken cancellationToken = default) =>
        Of(client, parkingQueue).SendHomeAsync(parkingQueue, filter, cancellationToken);

    private static ParkedMessages Of(BrokerClient client, string parkingQueue)
    {
        ArgumentNullException.ThrowIfNull(client);
        Check.NotEmpty(parkingQueue);
        return new ParkedMessages(client.ConsumingContext, client);
    }
}
