namespace Broker.Client.Testing;

/// <summary>What a test says of a queue is not so. The text shows the queue, its messages and what happened to each.
/// </summary>
public sealed class BrokerAssertionException : Exception
{
    internal BrokerAssertionException(string expected, string report)
        : base($"{expected}\n{report}")
    {
    }
}
