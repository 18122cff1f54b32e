namespace Broker.Client;

/// <summary>What an operation is about.</summary>
/// <param name="Name">
/// As the conventions for RabbitMQ have it: exchange, routing key and, for a consumer, queue, which may be any number of names.
/// </param>
/// <param name="Entity">
/// Of which there are few: the exchange that is published to, the queue that is consumed; null where even that is made up.
/// </param>
/// <param name="RoutingKey">The routing key of the message; null where there is none.</param>
internal readonly record struct Destination(string Name, string? Entity, string? RoutingKey = null)
{
    public static Destination Of(in Publication publication)
    {
        var (exchange, key, _, _) = publication;
        if (exchange.Length == 0)
            return key.Length == 0 ? new(SemanticNames.DefaultExchange, SemanticNames.DefaultExchange) : OfQueue(key, key);
        return key.Length == 0 ? new(exchange, exchange) : new($"{exchange}:{key}", exchange, key);
    }

    public static Destination Of(Delivery delivery)
    {
        var (queue, exchange, key) = (delivery.Queue, delivery.Exchange, delivery.RoutingKey);
        var name = key.Length == 0 || key == queue ? queue : $"{key}:{queue}";
        return OfQueue(queue, key) with { Name = exchange.Length == 0 ? name : $"{exchange}:{name}" };
    }

    public static Destination OfQueue(string queue, string? key = null)
    {
        var name = GeneratedNames.IsReplyAddress(queue) ? "amq.rabbitmq.reply-to" : queue; // who knows the rest could answer
        var entity = GeneratedNames.IsAnonymous(queue) ? null : queue;
        return new(name, entity, key is { Length: > 0 } ? (key == queue ? name : key) : null);
    }
}
