namespace Broker.Client.Testing;

/// <summary>A binding of a <see cref="TestBroker"/>. Those of the default exchange, which every queue has, are not
/// listed.</summary>
/// <param name="Source">The exchange that messages come from.</param>
/// <param name="Destination">The queue or exchange that they go to.</param>
/// <param name="IsToQueue">Whether the destination is a queue.</param>
/// <param name="RoutingKey">The routing key.</param>
/// <param name="Arguments">Its arguments, by which a headers exchange matches.</param>
public sealed record TestBinding(
    string Source, string Destination, bool IsToQueue, string RoutingKey,
    IReadOnlyDictionary<string, object?> Arguments);
