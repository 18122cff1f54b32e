namespace Broker.Client.Testing;

/// <summary>
/// What became of a publish: how many queues took it, and whether a full one refused it. A refusal by one queue makes
/// the confirm a nack, even where others took the message.
/// </summary>
internal readonly record struct PublishResult(int Routed, bool IsRejected, MessageProperties? Properties = null)
{
    public bool IsUnroutable => Routed == 0;
}
