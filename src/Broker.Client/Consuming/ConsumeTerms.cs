namespace Broker.Client;

/// <summary>How a subscription consumes, on one channel after the other.</summary>
/// <param name="queue">The queue.</param>
/// <param name="options">Frozen options.</param>
/// <param name="tags">The tags in use.</param>
/// <param name="stream">How far it is handled, where the queue is known to be a stream; else null.</param>
internal sealed class ConsumeTerms(string queue, ConsumerOptions options, ConsumerTags tags, StreamTracking? stream)
{
    private const string OffsetArgument = "x-stream-offset";

    private static readonly Version s_filters = new(3, 13);

    private readonly Dictionary<string, object?> _arguments = options.ToArguments();
    private DateTimeOffset? _acceptedAt;
    private bool _isGuess;

    public string Queue => queue;

    public string Tag { get; } = options.ConsumerTag ?? tags.Make();

    public ushort Prefetch { get; } = options.EffectivePrefetch;

    /// <summary>At most once: no ack is held back until its handler has begun.</summary>
    public bool AckAtOnce { get; } = options.AckMode == AckMode.BeforeHandler;

    /// <summary>Null where the queue is not known to be a stream.</summary>
    public StreamTracking? Stream => stream;

    /// <summary>Known to be one, by its options or by what it has delivered.</summary>
    public bool IsStream => stream is not null || _arguments.ContainsKey(OffsetArgument);

    /// <summary>How a queue is tracked that is known to be a stream.</summary>
    public static StreamTracking? TrackingOf(ConsumerOptions options, QueueType? declared) =>
        declared == QueueType.Stream || options.StreamOffset is not null || options.Arguments.ContainsKey(OffsetArgument)
            ? new StreamTracking()
            : null;

    /// <summary>The broker delivers.</summary>
    public void NoteAccepted(DateTimeOffset at) => _acceptedAt ??= at;

    /// <summary>
    /// Where the next channel goes on, by a header of what came: that of a stream, where the queue is one; null changes
    /// nothing.
    /// </summary>
    public void ContinueFrom(long? offset)
    {
        if (offset is null || stream is not null)
            return;
        _arguments[OffsetArgument] = offset;
        _isGuess = true;
    }

    /// <summary>The broker knows of no stream here: a header was only called like that. False where that cannot be it.</summary>
    public bool TakeBackGuess(TopologyException refused)
    {
        if (!_isGuess || refused.ReplyCode != 406 || refused.ReplyText?.Contains(OffsetArgument, StringComparison.Ordinal) != true)
            return false;
        _isGuess = false;
        return _arguments.Remove(OffsetArgument);
    }

    /// <param name="broker">The version of the broker that is asked.</param>
    public ConsumeRequest ToRequest(string broker)
    {
        if (stream is not null)
        {
            if (stream.Position.Next is { } next)
                _arguments[OffsetArgument] = next;
            else if (_acceptedAt is { } since && _arguments.GetValueOrDefault(OffsetArgument, "next") is "next")
                _arguments[OffsetArgument] = since; // what was published from then on, also while it was away
            foreach (var (name, value) in stream.Filter?.ToArguments() ?? [])
            {
                if (Version.TryParse(broker.Split('-', '+')[0], out var version) && version >= s_filters)
                    _arguments[name] = value;
                else
                    _arguments.Remove(name);
            }
        }

        return new ConsumeRequest(queue, Tag, Prefetch, options.Exclusive, _arguments);
    }
}
