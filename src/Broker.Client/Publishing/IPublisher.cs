namespace Broker.Client;

/// <summary>
/// Publishes messages, from any thread, each confirmed by the broker.
/// </summary>
/// <remarks>
/// <para>A publish completes when the broker has confirmed it, or by its deadline in one of the other
/// outcomes; a lost connection is no end: what was not confirmed is sent again, in order and under the same
/// message id, on the next one.</para>
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
}
