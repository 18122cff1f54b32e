namespace Broker.Client;

/// <summary>Hears of each channel that a consumer opens, before it delivers to anybody.</summary>
internal interface IOpenings
{
    /// <param name="connection">The connection, to be compared with others.</param>
    /// <param name="isRestored">Whether the queue had gone, and was declared anew for it.</param>
    /// <param name="lastDelivery">When a message came last on the channel before; null where none did.</param>
    /// <param name="dropped">Messages of that one that had no verdict when it went.</param>
    void OnOpened(object connection, bool isRestored, DateTimeOffset? lastDelivery, int dropped);
}
