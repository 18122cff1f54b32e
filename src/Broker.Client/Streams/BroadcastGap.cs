namespace Broker.Client;

/// <summary>
/// A time in which a <see cref="BroadcastSubscription"/> had no queue: what was published then it has missed, and nobody can
/// say how much that was.
/// </summary>
/// <param name="From">When an event came last before it, or when the queue before was there; about, by the clock of this machine.</param>
/// <param name="Until">When the next queue was there.</param>
/// <param name="Dropped">
/// How many events had come before it and were not handled: they went with their queue. Those of running handlers are among
/// them.
/// </param>
public sealed record BroadcastGap(DateTimeOffset From, DateTimeOffset Until, int Dropped);
