using System.Text;

namespace Broker.Client.Testing;

/// <summary>A delivery to a consumer, just after it was sent.</summary>
public sealed record TestDelivery
{
    internal TestDelivery()
    {
    }

    /// <summary>The <see cref="TestConnection.Number"/> of the consumer's connection.</summary>
    public required int Connection { get; init; }

    /// <summary>The number of the consumer's channel.</summary>
    public required int Channel { get; init; }

    /// <summary>The consumer's tag.</summary>
    public required string ConsumerTag { get; init; }

    /// <summary>The queue it comes from.</summary>
    public required string Queue { get; init; }

    /// <summary>Whether it was delivered before, as the consumer is told.</summary>
    public required bool IsRedelivered { get; init; }

    /// <summary>The properties the consumer sees.</summary>
    public required MessageProperties Properties { get; init; }

    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body as UTF-8 text.</summary>
    public string GetText() => Encoding.UTF8.GetString(Body.Span);
}
