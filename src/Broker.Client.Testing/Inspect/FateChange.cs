namespace Broker.Client.Testing;

/// <summary>One step of a message's life in a queue.</summary>
/// <param name="Time">When, by the broker's clock.</param>
/// <param name="Fate">What it became.</param>
/// <param name="Detail">To whom it was delivered (a consumer tag, or "get"), why it came back, or why it was
/// dead-lettered or dropped; else null.</param>
public readonly record struct FateChange(DateTimeOffset Time, MessageFate Fate, string? Detail);
