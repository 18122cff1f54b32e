namespace Broker.Client;

/// <summary>
/// Publishes messages, from any thread, each confirmed by the broker.
/// </summary>
/// <remarks>
/// <para>A publish completes when the broker has confirmed it, or by its deadline in one of the other
/// outcomes; a lost connection is no end: what was not confirmed is sent again, in order, before anything new and under
/// the same message id, on the next one. So a message may arrive twice; the later copies carry the header
/// <c>x-publish-attempt</c> (2, 3, ...).</para>
/// <para>The calls of one thread are sent in the order of the calls, also when they are not awaited one by one. Await
/// each returned <see cref="ValueTask"/> once; use <see cref="ValueTask.AsTask"/> for <c>Task.WhenAll</c>.</para>
/// <para>The cancellation token stops the waiting, not the world: a message that was written already may still arrive.</para>
/// </remarks>
public interface IPublisher
{
    /// <summary>Publishes to an exchange and completes when the broker has confirmed.</summary>
    /// <param name="exchange">The exchange; empty for the default one. Its name is checked once, by a passive declare.</param>
    /// <param name="routingKey">The routing key.</param>
    /// <param name="message">The message, which must not change before the publish has ended.</param>
    /// <param name="options">Whether it is mandatory, its deadline, its ordering key.</param>
    /// <param name="cancellationToken">Stops the waiting; a message that was written already may still arrive.</param>
    /// <returns>The outcome, which is always <see cref="PublishOutcome.Confirmed"/>, with the message id.</returns>
    /// <exception cref="PublishException">It ended in any other outcome, which the exception carries.</exception>
    /// <exception cref="ArgumentException">
    /// A name or property is longer than 255 bytes, a header has a type that AMQP lacks, or the body is above
    /// <see cref="PublisherOptions.MaxMessageBytes"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    ValueTask<PublishResult> PublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="PublishAsync"/>, but returns every outcome. A token that fires makes it
    /// <see cref="PublishOutcome.NotSent"/>, or <see cref="PublishOutcome.Unknown"/> when the
    /// message was written already.
    /// </summary>
    ValueTask<PublishResult> TryPublishAsync(
        string exchange, string routingKey, Message message, PublishOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes to a queue, through the default exchange; mandatory unless said otherwise. Else
    /// as <see cref="PublishAsync"/>.
    /// </summary>
    ValueTask<PublishResult> SendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="SendAsync"/>, but returns every outcome, like <see cref="TryPublishAsync"/>.</summary>
    ValueTask<PublishResult> TrySendAsync(
        string queue, Message message, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes a stream, many at a time and in its order, and completes when all have ended. Starts no more than there is
    /// room for (<see cref="PublisherOptions.WindowMessages"/>, <see cref="PublisherOptions.WindowBytes"/>), which all
    /// streams of a client share; one message more is taken from the source and waits for room.
    /// </summary>
    /// <param name="publications">What to publish; may be endless.</param>
    /// <param name="cancellationToken">
    /// Stops taking from the source, and the waiting: what was written already may still arrive.
    /// </param>
    /// <returns>How many there were, each of them confirmed.</returns>
    /// <exception cref="PublishManyException">
    /// Some ended in another outcome. The rest was published all the same; all failures are kept until the end.
    /// </exception>
    /// <exception cref="ArgumentException">A message cannot be sent; what came before it was, what comes after was not taken.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    Task<long> PublishManyAsync(IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="PublishManyAsync"/>, but yields every outcome, in the order of the source and as soon as it is there.
    /// A reader that goes early stops the taking; what was taken is published all the same. A token that fires, a source
    /// that throws and a message that cannot be sent are thrown after the outcomes of what was taken before.
    /// </summary>
    IAsyncEnumerable<PublishResult> TryPublishManyAsync(
        IAsyncEnumerable<Publication> publications, CancellationToken cancellationToken = default);
}
