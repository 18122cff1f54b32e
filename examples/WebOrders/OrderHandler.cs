using Broker.Client;
using Broker.Client.Hosting;

namespace WebOrders;

/// <summary>Ships orders. Throwing is failing: the order is tried again, and parked after the third time.</summary>
public sealed partial class OrderHandler(Warehouse warehouse, ILogger<OrderHandler> logger) : IMessageHandler<Order>
{
    public Task HandleAsync(Order message, Delivery delivery, CancellationToken cancellationToken)
    {
        if (warehouse.Ship(message))
            Shipped(logger, message.Quantity, message.Item);
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Shipped {Quantity} of {Item}")]
    private static partial void Shipped(ILogger logger, int quantity, string item);
}
