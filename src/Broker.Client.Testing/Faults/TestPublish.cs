using System.Text;

namespace Broker.Client.Testing;

/// <summary>A publish that reached the broker whole and passed its checks, before it is routed.</summary>
public sealed record TestPublish
{
    internal TestPublish()
    {
    }

    /// <summary>The <see cref="TestConnection.Number"/> of the connection it came on.</summary>
    public required int Connection { get; init; }

    /// <summary>The number of its channel.</summary>
    public required int Channel { get; init; }

    /// <summary>The exchange; "" is the default exchange.</summary>
    public required string Exchange { get; init; }

    /// <summary>The routing key; for the default exchange the queue's name.</summary>
    public required string RoutingKey { get; init; }

    /// <summary>Whether the publisher wants it back if no queue takes it.</summary>
    public required bool Mandatory { get; init; }

    /// <summary>The properties it came with.</summary>
    public required MessageProperties Properties { get; init; }

    /// <summary>The body it came with.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body as UTF-8 text.</summary>
    public string GetText() => Encoding.UTF8.GetString(Body.Span);
}
