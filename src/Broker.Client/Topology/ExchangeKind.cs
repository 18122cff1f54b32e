namespace Broker.Client;

/// <summary>The exchange types that every RabbitMQ has. Plugins add others: any name is accepted.</summary>
public static class ExchangeKind
{
    /// <summary>To the queues bound with exactly the routing key.</summary>
    public const string Direct = "direct";

    /// <summary>To every bound queue.</summary>
    public const string Fanout = "fanout";

    /// <summary>To the queues whose pattern matches: <c>*</c> is one word, <c>#</c> any number of them.</summary>
    public const string Topic = "topic";

    /// <summary>To the queues whose binding arguments match the headers.</summary>
    public const string Headers = "headers";
}
