namespace Broker.Client.Hosting;

/// <summary>
/// Handles the messages of a queue, many at a time. Made for each attempt at a batch, in a scope of its own, and by
/// constructor injection; see <see cref="BatchConsumerBuilderExtensions"/>.
/// </summary>
/// <typeparam name="TMessage">What the bodies are read as.</typeparam>
public interface IBatchHandler<in TMessage>
{
    /// <summary>
    /// Handles a batch. Returning is success: the scope is disposed of, and then all that was given no verdict is
    /// acknowledged. Throwing is failure, and what has no verdict comes again, as
    /// <see cref="ConsumerOptions.FailurePolicy"/> has it.
    /// </summary>
    /// <param name="messages">The bodies, decoded; at least one, in the order of the queue.</param>
    /// <param name="deliveries">What came: <c>deliveries[i]</c> brought <c>messages[i]</c>.</param>
    /// <param name="cancellationToken">As in <see cref="IMessageHandler{TMessage}.HandleAsync"/>.</param>
    Task HandleAsync(
        IReadOnlyList<TMessage> messages, IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken);
}
