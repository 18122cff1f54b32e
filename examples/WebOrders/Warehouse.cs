namespace WebOrders;

/// <summary>What is in stock, and what has left it.</summary>
public sealed class Warehouse
{
    private readonly Lock _lock = new(); // guards both
    private readonly Dictionary<string, int> _stock = new() { ["rope"] = 100 };
    private readonly Dictionary<Guid, Order> _shipped = [];

    /// <returns>False where it was shipped before: a message may come twice, and must not be shipped twice.</returns>
    /// <exception cref="InvalidOperationException">There is too little of it.</exception>
    public bool Ship(Order order)
    {
        lock (_lock)
        {
            if (_shipped.ContainsKey(order.Id))
                return false;
            var stock = _stock.GetValueOrDefault(order.Item);
            if (stock < order.Quantity)
                throw new InvalidOperationException($"There are {stock} of {order.Item}, and {order.Quantity} are wanted.");
            _stock[order.Item] = stock - order.Quantity;
            _shipped.Add(order.Id, order);
            return true;
        }
    }

    public int Stock(string item)
    {
        lock (_lock)
            return _stock.GetValueOrDefault(item);
    }

    public void Restock(string item, int quantity)
    {
        lock (_lock)
            _stock[item] = _stock.GetValueOrDefault(item) + quantity;
    }

    public Order? FindShipped(Guid id)
    {
        lock (_lock)
            return _shipped.GetValueOrDefault(id);
    }
}
