namespace Broker.Client.Hosting;

/// <summary>One thing that a poll has found.</summary>
/// <param name="Id">What it is known by: with an id that was published before it is not new. It becomes the message id where that is null.</param>
/// <param name="Message">What is published of it.</param>
public sealed record PolledItem(string Id, Message Message);
