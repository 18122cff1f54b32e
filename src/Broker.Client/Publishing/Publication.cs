namespace Broker.Client;

/// <summary>A message and where it goes: one of a stream that is published.</summary>
/// <param name="Exchange">The exchange; empty for the default one.</param>
/// <param name="RoutingKey">The routing key; for the default exchange the name of a queue.</param>
/// <param name="Message">The message, which must not change before its publish has ended.</param>
/// <param name="Options">Whether it is mandatory, its deadline, its ordering key.</param>
public readonly record struct Publication(
    string Exchange, string RoutingKey, Message Message, PublishOptions? Options = null);
