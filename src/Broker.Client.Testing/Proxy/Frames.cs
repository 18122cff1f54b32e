namespace Broker.Client.Testing;

/// <summary>Which frames a fault is about: <c>Frames.Method("basic.ack").FromBroker().Number(3)</c>.</summary>
public static class Frames
{
    /// <summary>Every frame.</summary>
    public static FrameMatch Any { get; } = new() { Words = "any frame" };

    /// <summary>Heartbeats.</summary>
    public static FrameMatch Heartbeat { get; } = new() { Words = "heartbeat", Type = FrameType.Heartbeat };

    /// <summary>Content headers.</summary>
    public static FrameMatch Header { get; } = new() { Words = "content header", Type = FrameType.Header };

    /// <summary>Frames of message bodies.</summary>
    public static FrameMatch Body { get; } = new() { Words = "body frame", Type = FrameType.Body };

    /// <summary>A method by its name in the specification, such as "basic.publish". A message that follows it (header
    /// and body) belongs to it, unless <see cref="FrameMatch.WithoutContent"/> is asked for.</summary>
    /// <exception cref="ArgumentException">AMQP 0-9-1 and RabbitMQ have no such method.</exception>
    public static FrameMatch Method(string name) => MethodTable.Names.Contains(name)
        ? new() { Words = name, Type = FrameType.Method, Method = name }
        : throw new ArgumentException($"There is no method \"{name}\" in AMQP 0-9-1", nameof(name));
}
