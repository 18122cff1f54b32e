namespace Broker.Client.Testing;

/// <summary>Which deliveries to consumers a fault is about: <c>Deliveries.From("orders").Number(10)</c>. What
/// basic.get fetches is none.</summary>
public static class Deliveries
{
    /// <summary>Every delivery.</summary>
    public static BrokerMatch<TestDelivery> Any { get; } = new("any delivery", static _ => true);

    /// <summary>Those of this queue.</summary>
    public static BrokerMatch<TestDelivery> From(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return new($"delivery of queue '{queue}'", delivery => delivery.Queue == queue);
    }

    /// <summary>Those that the predicate takes. It runs while the broker stands still: it must be quick, and must not
    /// throw.</summary>
    public static BrokerMatch<TestDelivery> Where(Func<TestDelivery, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new("chosen delivery", predicate);
    }
}
