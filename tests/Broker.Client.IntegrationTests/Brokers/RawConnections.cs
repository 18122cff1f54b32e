using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The end of a connection of plain RabbitMQ.Client.</summary>
internal static class RawConnections
{
    /// <summary>
    /// Aborted before it is disposed: the reader of one that was lost, still on its way out, would otherwise meet what is disposed and leave
    /// an exception to nobody.
    /// </summary>
    public static async Task EndAsync(this IConnection connection)
    {
        await connection.AbortAsync();
        await connection.DisposeAsync();
    }
}
