namespace Broker.Client;

/// <summary>What the broker said of a queue when it was declared or looked up.</summary>
/// <param name="Name">Its name, also where it was declared without one.</param>
/// <param name="MessageCount">How many messages were ready for delivery.</param>
/// <param name="ConsumerCount">How many consumers it had.</param>
public sealed record QueueInfo(string Name, uint MessageCount, uint ConsumerCount);
