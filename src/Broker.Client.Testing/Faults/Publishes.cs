namespace Broker.Client.Testing;

/// <summary>Which publishes a fault is about: <c>Publishes.To("orders").Number(500)</c>.</summary>
public static class Publishes
{
    /// <summary>Every publish.</summary>
    public static BrokerMatch<TestPublish> Any { get; } = new("any publish", static _ => true);

    /// <summary>Those to this queue by way of the default exchange.</summary>
    public static BrokerMatch<TestPublish> To(string queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return new($"publish to queue '{queue}'", publish => publish.Exchange.Length == 0 && publish.RoutingKey == queue);
    }

    /// <summary>Those to this exchange, and with this routing key where one is given.</summary>
    public static BrokerMatch<TestPublish> ToExchange(string exchange, string? routingKey = null)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return new(
            $"publish to exchange '{exchange}'" + (routingKey is null ? "" : $" with key '{routingKey}'"),
            publish => publish.Exchange == exchange && (routingKey is null || publish.RoutingKey == routingKey));
    }

    /// <summary>Those that the predicate takes. It runs on the broker's reader: it must be quick, and an exception of
    /// it closes the connection with 541.</summary>
    public static BrokerMatch<TestPublish> Where(Func<TestPublish, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new("chosen publish", predicate);
    }
}
