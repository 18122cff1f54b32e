namespace Broker.Client.Testing;

/// <summary>What lets a user in.</summary>
/// <param name="ValidUntil">Until when; null, the default, means for ever.</param>
public sealed record TestLogin(DateTimeOffset? ValidUntil = null);
