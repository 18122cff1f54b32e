namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Every place of the library that takes a name or a key, which AMQP 0-9-1 bounds to 255 bytes of UTF-8.</summary>
internal static class NamePlaces
{
    /// <summary>By what the error calls it, and which call it is.</summary>
    public static readonly (string Named, string Call, Func<BrokerClient, string, ValueTask> Use)[] All =
    [
        ("name", "declare a queue", async (broker, text) => await broker.DeclareQueueAsync(text)),
        ("name", "look up a queue", async (broker, text) => await broker.FindQueueAsync(text)),
        ("name", "purge a queue", async (broker, text) => await broker.PurgeQueueAsync(text)),
        ("name", "delete a queue", async (broker, text) => await broker.DeleteQueueAsync(text)),
        ("DeadLetterExchange", "declare a queue", async (broker, text) => await broker.DeclareQueueAsync("q", new() { DeadLetterExchange = text })),
        ("DeadLetterRoutingKey", "declare a queue", async (broker, text) =>
            await broker.DeclareQueueAsync("q", new() { DeadLetterExchange = "", DeadLetterRoutingKey = text })),
        ("A name in QueueOptions.Arguments", "declare a queue", async (broker, text) => await broker.DeclareQueueAsync("q", new() { Arguments = { [text] = 1 } })),
        ("name", "declare an exchange", (broker, text) => broker.DeclareExchangeAsync(text)),
        ("kind", "declare an exchange", (broker, text) => broker.DeclareExchangeAsync("x", text)),
        ("AlternateExchange", "declare an exchange", (broker, text) => broker.DeclareExchangeAsync("x", options: new() { AlternateExchange = text })),
        ("A name in ExchangeOptions.Arguments", "declare an exchange", (broker, text) =>
            broker.DeclareExchangeAsync("x", options: new() { Arguments = { [text] = 1 } })),
        ("name", "delete an exchange", (broker, text) => broker.DeleteExchangeAsync(text)),
        ("queue", "bind a queue", (broker, text) => broker.BindQueueAsync(text, "x")),
        ("exchange", "bind a queue", (broker, text) => broker.BindQueueAsync("q", text)),
        ("routingKey", "bind a queue", (broker, text) => broker.BindQueueAsync("q", "x", text)),
        ("A name in The arguments of a binding", "bind a queue", (broker, text) =>
            broker.BindQueueAsync("q", "x", arguments: new Dictionary<string, object?> { [text] = 1 })),
        ("queue", "unbind a queue", (broker, text) => broker.UnbindQueueAsync(text, "x")),
        ("exchange", "unbind a queue", (broker, text) => broker.UnbindQueueAsync("q", text)),
        ("destination", "bind an exchange", (broker, text) => broker.BindExchangeAsync(text, "x")),
        ("source", "bind an exchange", (broker, text) => broker.BindExchangeAsync("x", text)),
        ("routingKey", "unbind an exchange", (broker, text) => broker.UnbindExchangeAsync("x", "y", text)),
        ("queue", "send", async (broker, text) => await broker.SendAsync(text, "x")),
        ("queue", "try to send", async (broker, text) => await broker.TrySendAsync(text, "x")),
        ("queue", "send many", async (broker, text) => await broker.SendManyAsync(text, ["x"])),
        ("exchange", "publish", async (broker, text) => await broker.PublishAsync(text, "key", "x")),
        ("routingKey", "publish", async (broker, text) => await broker.PublishAsync("amq.topic", text, "x")),
        ("routingKey", "try to publish", async (broker, text) => await broker.TryPublishAsync("amq.topic", text, "x")),
        ("ContentType", "send", (broker, text) => SendAsync(broker, new() { ContentType = text })),
        ("ContentEncoding", "send", (broker, text) => SendAsync(broker, new() { ContentEncoding = text })),
        ("CorrelationId", "send", (broker, text) => SendAsync(broker, new() { CorrelationId = text })),
        ("ReplyTo", "send", (broker, text) => SendAsync(broker, new() { ReplyTo = text })),
        ("MessageId", "send", (broker, text) => SendAsync(broker, new() { MessageId = text })),
        ("Type", "send", (broker, text) => SendAsync(broker, new() { Type = text })),
        ("UserId", "send", (broker, text) => SendAsync(broker, new() { UserId = text })),
        ("AppId", "send", (broker, text) => SendAsync(broker, new() { AppId = text })),
        ("A name in Message.Headers", "send", (broker, text) => SendAsync(broker, new() { Headers = { [text] = 1 } })),
        ("A name in Message.Headers[\"outer\"]", "send", (broker, text) =>
            SendAsync(broker, new() { Headers = { ["outer"] = new Dictionary<string, object?> { [text] = 1 } } })),
        ("queue", "consume", async (broker, text) => await broker.ConsumeAsync(text, _ => { })),
        ("A name in ConsumerOptions.Arguments", "consume", async (broker, text) =>
            await broker.ConsumeAsync("q", _ => { }, new() { Arguments = { [text] = 1 } })),
        ("queue", "park", async (broker, text) => await broker.ConsumeAsync("q", _ => { }, new() { FailurePolicy = FailurePolicy.Park(text) })),
        ("queue", "read", async (broker, text) => await broker.ReadAsync(text).GetAsyncEnumerator().MoveNextAsync()),
        ("queue", "get", async (broker, text) => await broker.GetAsync(text)),
        ("queue", "call", async (broker, text) => await broker.CallAsync(text, "x", TimeSpan.FromSeconds(1))),
        ("queue", "serve", async (broker, text) => await broker.ServeAsync(text, _ => "x")),
        ("VirtualHost", "connect", async (_, text) => await BrokerClient.ConnectAsync(new BrokerOptions { VirtualHost = text })),
        ("A name in BrokerOptions.ClientProperties", "connect", async (_, text) =>
            await BrokerClient.ConnectAsync(new BrokerOptions { ClientProperties = { [text] = 1 } })),
    ];

    private static async ValueTask SendAsync(BrokerClient broker, Message message) => await broker.SendAsync("q", message);
}
