namespace Broker.Client.Testing;

/// <summary>What a consumer or a get receives; <see cref="MessageCount"/> is what get-ok says is left.</summary>
internal readonly record struct Delivery(
    ulong Tag, string ConsumerTag, bool IsRedelivered, string Exchange, string RoutingKey, MessageProperties Properties,
    ReadOnlyMemory<byte> Body, int MessageCount, MessageRecord Record);

/// <summary>Where deliveries go. Called under the virtual host's lock: it may enqueue, and nothing else.</summary>
internal interface IConsumer
{
    /// <summary>The consumer exists: consume-ok goes out before the first delivery.</summary>
    void Started(string tag);

    void Deliver(in Delivery delivery);

    /// <summary>The broker took the consumer away, as it does when its queue is deleted.</summary>
    void Cancelled(string tag);

    /// <summary>A message that it held for too long was taken back, and it gets no others until it settles that one. False
    /// where it cannot be told, so that its channel has to end.</summary>
    bool TimedOut(string tag);
}
