namespace Broker.Client;

/// <summary>What the writer of a lane does next.</summary>
/// <param name="Publish">The message to write, or null.</param>
/// <param name="Number">Its number.</param>
/// <param name="UnknownExchange">Where there is none: the exchange to look up first.</param>
internal readonly record struct PublishTurn(PendingPublish? Publish, ulong Number, string? UnknownExchange);
