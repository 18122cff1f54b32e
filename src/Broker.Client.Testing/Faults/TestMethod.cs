namespace Broker.Client.Testing;

/// <summary>A method that a client sent on a channel, before it is run.</summary>
/// <param name="Name">Its name in the specification, such as "queue.declare".</param>
/// <param name="Connection">The <see cref="TestConnection.Number"/> of the connection.</param>
/// <param name="Channel">The number of the channel.</param>
public sealed record TestMethod(string Name, int Connection, int Channel);
