using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Consuming;

/// <summary>What is measured.</summary>
internal enum Measure
{
    /// <summary>Messages as fast as they come, from a queue that has them.</summary>
    Rate,

    /// <summary>From publish to handler, at 500 messages a second.</summary>
    Latency,

    /// <summary>From a cut connection to the first handler of a message that was published after it.</summary>
    Cut,

    /// <summary>What a consumer holds that has nothing to do.</summary>
    Memory,
}

/// <summary>How it is consumed.</summary>
/// <param name="Name">As in <c>--works</c>.</param>
/// <param name="Prefetch">How many may be unacknowledged.</param>
/// <param name="Lanes">Handlers at a time.</param>
/// <param name="Waits">Whether a handler awaits a millisecond; else it is empty.</param>
/// <param name="Depth">How many messages the queue has at the start; 0 for as many as a section may need.</param>
/// <param name="Queue">Of those of the group, so that a deep one need not be filled again and again.</param>
/// <param name="Consumers">How many, of one queue.</param>
/// <param name="Replays">Whether it is a stream, read from its start.</param>
/// <param name="Measure">What is measured.</param>
internal sealed record ConsumeWork(
    string Name, int Prefetch = 256, int Lanes = 1, bool Waits = false, int Depth = 0, int Queue = 0, int Consumers = 1,
    bool Replays = false, Measure Measure = Measure.Rate) : Work(Name)
{
    public const int PerSecond = 500;
}

/// <summary>Works of one server, kind of queue and size.</summary>
internal sealed record ConsumeGroup(
    Server Server, string QueueType, int Size, IReadOnlyList<ConsumeWork> Works, bool Alone = false)
    : Group<ConsumeWork>(Server, QueueType, Size, Works, Alone)
{
    // More than anyone consumes in a second here, but for bodies so large that the broker's memory counts.
    private int Plenty => Size <= 16 ? 100_000 : Size <= 1024 ? 60_000 : 12_000;

    public bool IsStream => QueueType == "stream";

    public override int Queues => Works.Max(static work => work.Queue) + 1;

    public int Depth(ConsumeWork work, TimeSpan time) => work switch
    {
        { Measure: not Measure.Rate } => 0,
        { Depth: > 0 } => work.Depth,
        { Waits: true } => (int)(1500 * work.Lanes * time.TotalSeconds) + work.Prefetch,
        { Prefetch: 1 } => (int)(15_000 * time.TotalSeconds),
        _ => (int)(Plenty * time.TotalSeconds),
    };
}
