namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What the works of one group share: the contenders are opened once for it.</summary>
/// <param name="Server">The other end.</param>
/// <param name="QueueType"><c>classic</c>, <c>quorum</c>, <c>stream</c> or, of the bare server, <c>none</c>.</param>
/// <param name="Size">Bytes of a body.</param>
/// <param name="Alone">Whether this library is compared with itself only.</param>
internal abstract record Group(Server Server, string QueueType, int Size, bool Alone)
{
    private readonly string _prefix = $"benchmark.{Environment.ProcessId}.{QueueType}";

    public ServerKind Kind => Server.Kind;

    public Uri Uri => Server.Uri;

    public abstract int Queues { get; }

    /// <summary>Leads to the first queue, for those who send to exchanges only.</summary>
    public string Exchange => $"{_prefix}.exchange.{Size}";

    /// <summary>All names are of the same length. The bare server delivers messages of the size that stands at the end.</summary>
    public string Queue(int index) => $"{_prefix}.{index:0000}.{Size}";

    public sealed override string ToString() => $"{Server.Name}, {QueueType}, {Size} B";
}

/// <summary>With its works.</summary>
/// <param name="Server">The other end.</param>
/// <param name="QueueType">Its queues.</param>
/// <param name="Size">Bytes of a body.</param>
/// <param name="Works">Take turns within each round, and in each work the contenders do.</param>
/// <param name="Alone">Whether this library is compared with itself only.</param>
internal abstract record Group<TWork>(
    Server Server, string QueueType, int Size, IReadOnlyList<TWork> Works, bool Alone = false)
    : Group(Server, QueueType, Size, Alone)
    where TWork : Work;
