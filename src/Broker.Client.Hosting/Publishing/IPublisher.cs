namespace Broker.Client.Hosting;

/// <summary>
/// Publishes messages of one type to the exchange that they were registered with, from any thread; each is confirmed by the
/// broker, as by <see cref="IPublisher"/>. See <see cref="PublisherBuilderExtensions.AddPublisher"/>.
/// </summary>
/// <typeparam name="TMessage">What is published.</typeparam>
public interface IPublisher<in TMessage>
{
    /// <summary>Publishes, and completes when the broker has confirmed.</summary>
    /// <param name="message">What becomes the body.</param>
    /// <param name="prepare">Adds to the message that goes out: a correlation id, a header. After that of the registration.</param>
    /// <param name="cancellationToken">Stops the waiting; a message that was written already may still arrive.</param>
    /// <returns>The outcome, which is always <see cref="PublishOutcome.Confirmed"/>, with the message id.</returns>
    /// <exception cref="PublishException">It ended in any other outcome, which the exception carries.</exception>
    /// <exception cref="ArgumentException">The message cannot be sent: a property or its body is too long.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    ValueTask<PublishResult> PublishAsync(
        TMessage message, Action<Message>? prepare = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="PublishAsync"/>, but returns every outcome, like <see cref="IPublisher.TryPublishAsync"/>.</summary>
    ValueTask<PublishResult> TryPublishAsync(
        TMessage message, Action<Message>? prepare = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Publishes a stream, many at a time and in its order, and completes when all are confirmed; as
    /// <see cref="IPublisher.PublishManyAsync"/>.
    /// </summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="PublishManyException">Some ended in another outcome; the rest was published all the same.</exception>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    Task<long> PublishManyAsync(IAsyncEnumerable<TMessage> messages, CancellationToken cancellationToken = default);
}
