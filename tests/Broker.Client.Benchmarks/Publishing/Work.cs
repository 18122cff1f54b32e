namespace Broker.Client.Benchmarks.Publishing;

/// <summary>What is asked of a contender.</summary>
/// <param name="Name">As in <c>--works</c>.</param>
/// <param name="Callers">How many publish side by side.</param>
/// <param name="Outstanding">How many messages they have out together; each caller awaits its oldest before the next.</param>
/// <param name="Queues">The messages go round these.</param>
/// <param name="PerSecond">Messages a second, evenly; 0 for as fast as it goes.</param>
internal sealed record Work(string Name, int Callers, int Outstanding, int Queues = 1, int PerSecond = 0)
{
    public int WindowOfCaller => Outstanding / Callers;
}

/// <summary>What stands at the other end. The goals about rates are about real brokers, where they do not say the sink.</summary>
internal enum ServerKind
{
    RealBroker,
    TestBroker,
    Sink,
}

/// <summary>What the works of one group share: the contenders are opened once for it.</summary>
/// <param name="Kind">What the server is.</param>
/// <param name="Broker">The server's name in the report: the broker's, or <c>sink</c>.</param>
/// <param name="Uri">Where it listens.</param>
/// <param name="QueueType"><c>classic</c>, <c>quorum</c> or, of the sink, <c>none</c>.</param>
/// <param name="Size">Bytes of a body.</param>
/// <param name="Works">Take turns within each round, and in each work the contenders do.</param>
/// <param name="Alone">Whether this library is compared with itself only.</param>
internal sealed record Group(
    ServerKind Kind, string Broker, Uri Uri, string QueueType, int Size, IReadOnlyList<Work> Works, bool Alone = false)
{
    private readonly string _prefix = $"benchmark.publish.{Environment.ProcessId}.{QueueType}.{Size}";

    public int Queues => Works.Max(static work => work.Queues);

    public int Outstanding => Works.Max(static work => work.Outstanding);

    /// <summary>Leads to the first queue, for those who send to exchanges only.</summary>
    public string Exchange => $"{_prefix}.exchange";

    public string Queue(int index) => $"{_prefix}.{index}";

    public override string ToString() => $"{Broker}, {QueueType}, {Size} B";
}
