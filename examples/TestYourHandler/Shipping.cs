using Broker.Client;

namespace Shop;

/// <summary>The code under test: ships each order once, however often it comes.</summary>
public sealed class Shipping
{
    private readonly HashSet<string?> _seen = [];

    public List<string> Shipped { get; } = [];

    public void Handle(Delivery order)
    {
        if (_seen.Add(order.MessageId)) Shipped.Add(order.GetText());
    }
}
