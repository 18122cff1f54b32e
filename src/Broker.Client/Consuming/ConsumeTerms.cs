namespace Broker.Client;

/// <summary>How a subscription consumes, on one channel after the other.</summary>
internal sealed class ConsumeTerms(string queue, ConsumerOptions options, ConsumerTags tags)
{
    private const string OffsetArgument = "x-stream-offset";

    private readonly Dictionary<string, object?> _arguments = options.ToArguments();

    public string Queue => queue;

    public string Tag { get; } = options.ConsumerTag ?? tags.Make();

    public ushort Prefetch { get; } = options.EffectivePrefetch;

    /// <summary>At most once: no ack is held back until its handler has begun.</summary>
    public bool AckAtOnce { get; } = options.AckMode == AckMode.BeforeHandler;

    /// <summary>Known to be one, by its options or by what it has delivered.</summary>
    public bool IsStream => _arguments.ContainsKey(OffsetArgument);

    /// <summary>Of a stream: where the next channel goes on; null changes nothing.</summary>
    public void ContinueFrom(long? offset)
    {
        if (offset is not null)
            _arguments[OffsetArgument] = offset;
    }

    public ConsumeRequest ToRequest() => new(queue, Tag, Prefetch, options.Exclusive, _arguments);
}
