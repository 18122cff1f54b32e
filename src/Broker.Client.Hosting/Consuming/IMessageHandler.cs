namespace Broker.Client.Hosting;

/// <summary>
/// Handles the messages of a queue, one at a time. Made for each attempt at a delivery, in a scope of its own, and by
/// constructor injection; see <see cref="ConsumerBuilderExtensions"/>.
/// </summary>
/// <typeparam name="TMessage">What the body is read as.</typeparam>
public interface IMessageHandler<in TMessage>
{
    /// <summary>
    /// Handles one message. Returning is success: the scope is disposed of, and then the message is acknowledged. Throwing is
    /// failure: <see cref="ConsumerOptions.FailurePolicy"/> says what follows.
    /// </summary>
    /// <param name="message">The body, decoded.</param>
    /// <param name="delivery">What came: properties, headers, and the verdicts, of which one given here wins.</param>
    /// <param name="cancellationToken">
    /// Fires when the connection of the message is lost, its time is over (<see cref="ConsumerOptions.HandlerTimeout"/>), or
    /// the host has waited long enough for its end.
    /// </param>
    Task HandleAsync(TMessage message, Delivery delivery, CancellationToken cancellationToken);
}
