using Broker.Client.Testing;

namespace Broker.Client.Oracle.Wire;

/// <summary>A method that the broker sent, with its content where it has one.</summary>
internal sealed record Received(Method Method, MessageProperties Properties, byte[] Body)
{
    public static Received Without(Method method) => new(method, MessageProperties.None, []);
}
