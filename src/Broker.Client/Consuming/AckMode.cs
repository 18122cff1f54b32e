namespace Broker.Client;

/// <summary>When a consumed message is acknowledged.</summary>
public enum AckMode
{
    /// <summary>
    /// After the handler returned without throwing: at least once. A verdict that the handler gives itself wins. A
    /// handler that throws is handed to <see cref="ConsumerOptions.FailurePolicy"/>.
    /// </summary>
    AfterHandler,

    /// <summary>
    /// Just before the handler starts: at most once, a handler that fails has lost its message. Unlike the protocol's
    /// no-ack mode it stays bounded by the prefetch, and what was not started goes back to the queue on a stop. Of
    /// <see cref="ConsumerOptions.FailurePolicy"/> only <see cref="FailurePolicy.Stop"/> has a meaning here.
    /// </summary>
    BeforeHandler,

    /// <summary>
    /// By the delivery's verbs, in the handler or later, from any thread. What has no verdict stays with the consumer
    /// until it stops, and goes back then. A handler that throws without a verdict is handed to
    /// <see cref="ConsumerOptions.FailurePolicy"/>.
    /// </summary>
    Manual,
}
