namespace Broker.Client.Testing;

/// <summary>An exchange of a <see cref="TestBroker"/> as it was declared.</summary>
/// <param name="Name">Its name. The default exchange is not listed.</param>
/// <param name="Type">direct, fanout, topic or headers.</param>
/// <param name="IsDurable">Whether it was declared durable.</param>
/// <param name="IsAutoDelete">Whether it goes with its last binding.</param>
/// <param name="IsInternal">Whether only other exchanges may publish to it.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record TestExchange(
    string Name, string Type, bool IsDurable, bool IsAutoDelete, bool IsInternal,
    IReadOnlyDictionary<string, object?> Arguments);
