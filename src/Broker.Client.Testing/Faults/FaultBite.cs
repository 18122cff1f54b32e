namespace Broker.Client.Testing;

/// <summary>One time that a fault really acted.</summary>
/// <param name="Fault">The fault's <see cref="ArmedFault.Name"/>.</param>
/// <param name="Connection">The number of the connection, as <see cref="ProxyConnection.Number"/> or
/// <see cref="TestConnection.Number"/> has it; 0 where it is none.</param>
/// <param name="Direction">The way of what it acted on.</param>
/// <param name="Number">On a proxy the number of the frame in its direction and connection; on a broker the number of
/// the publish, delivery or method among those that fit. From 1; 0 if it was none.</param>
/// <param name="At">When, by the clock of the proxy or broker.</param>
public sealed record FaultBite(string Fault, int Connection, FaultDirection Direction, long Number, DateTimeOffset At);
