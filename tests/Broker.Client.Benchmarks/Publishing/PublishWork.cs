using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>How it is published.</summary>
/// <param name="Name">As in <c>--works</c>.</param>
/// <param name="Callers">How many publish side by side.</param>
/// <param name="Outstanding">How many messages they have out together; each caller awaits its oldest before the next.</param>
/// <param name="Queues">The messages go round these.</param>
/// <param name="PerSecond">Messages a second, evenly; 0 for as fast as it goes.</param>
internal sealed record PublishWork(string Name, int Callers, int Outstanding, int Queues = 1, int PerSecond = 0) : Work(Name)
{
    public int WindowOfCaller => Outstanding / Callers;
}

/// <summary>Works of one server, kind of queue and size.</summary>
internal sealed record PublishGroup(
    Server Server, string QueueType, int Size, IReadOnlyList<PublishWork> Works, bool Alone = false)
    : Group<PublishWork>(Server, QueueType, Size, Works, Alone)
{
    public override int Queues => Works.Max(static work => work.Queues);

    public int Outstanding => Works.Max(static work => work.Outstanding);
}
