namespace Broker.Client.Testing;

/// <summary>One time that a fault really acted.</summary>
/// <param name="Fault">The fault's <see cref="ProxyFault.Name"/>.</param>
/// <param name="Connection">The <see cref="ProxyConnection.Number"/> of the connection; 0 where it is none.</param>
/// <param name="Direction">The way of the bytes it acted on.</param>
/// <param name="Frame">The number of the frame in its direction and connection, from 1; 0 if unknown.</param>
/// <param name="At">When, by the proxy's clock.</param>
public sealed record FaultBite(string Fault, int Connection, FaultDirection Direction, long Frame, DateTimeOffset At);
