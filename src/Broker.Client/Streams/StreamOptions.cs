using System.Globalization;

namespace Broker.Client;

/// <summary>How a stream is declared: how long its events are kept, above all. The default keeps them for ever.</summary>
/// <remarks>
/// What is too old or too much is dropped by whole segments, and only when a segment is full: never the one that is written to.
/// </remarks>
public sealed record StreamOptions
{
    // What RabbitMQ takes.
    private const long MostSegmentBytes = 3_000_000_000;

    /// <summary>How long an event is kept at least, in whole seconds (<c>x-max-age</c>); null, the default, sets no limit.</summary>
    public TimeSpan? MaxAge { get; set; }

    /// <summary>How many bytes are kept, about (<c>x-max-length-bytes</c>); null, the default, sets no limit.</summary>
    public long? MaxBytes { get; set; }

    /// <summary>
    /// How many bytes a segment holds, 3,000,000,000 at the most (<c>x-stream-max-segment-size-bytes</c>); null, the default, leaves it
    /// to the broker: 500,000,000.
    /// </summary>
    public long? SegmentSize { get; set; }

    /// <summary>
    /// On how many nodes of a cluster it is kept (<c>x-initial-cluster-size</c>); null, the default, leaves it to the broker: on all.
    /// </summary>
    public int? Replicas { get; set; }

    /// <summary>
    /// Further arguments as the broker names them, for what has no property here. They win over the properties.
    /// </summary>
    public IDictionary<string, object?> Arguments { get; set; } = new Dictionary<string, object?>();

    /// <summary>The same, as the queue that a stream is to the broker.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    internal QueueOptions ToQueue(string stream)
    {
        ArgumentNullException.ThrowIfNull(Arguments);
        Refuse(
            MaxAge < TimeSpan.FromSeconds(1) || MaxAge > TimeSpan.FromDays(36_500),
            $"MaxAge is {MaxAge}; it must be a second at least, and a hundred years at the most.");
        Refuse(MaxBytes < 1, $"MaxBytes is {MaxBytes}; it must be 1 or more.");
        Refuse(
            SegmentSize is < 1 or > MostSegmentBytes, $"SegmentSize is {SegmentSize}; it must be from 1 to {MostSegmentBytes:N0} bytes.");
        Refuse(
            MaxBytes < SegmentSize,
            $"MaxBytes ({MaxBytes}) is below SegmentSize ({SegmentSize}), and whole segments alone are dropped. Make the segments smaller.");
        Refuse(Replicas < 1, $"Replicas is {Replicas}; it must be 1 or more.");
        var arguments = new Dictionary<string, object?>();
        if (MaxAge is { } age)
            arguments["x-max-age"] = Age(age);
        if (SegmentSize is { } size)
            arguments["x-stream-max-segment-size-bytes"] = size;
        if (Replicas is { } replicas)
            arguments["x-initial-cluster-size"] = replicas;
        foreach (var (name, value) in Arguments)
            arguments[name] = value;
        return new QueueOptions { Type = QueueType.Stream, MaxLengthBytes = MaxBytes, Arguments = arguments };

        void Refuse(bool wrong, string why)
        {
            if (wrong)
                throw new ArgumentException($"Stream '{stream}' cannot be declared like this: {why}", nameof(stream));
        }
    }

    // In the largest unit that fits: brokers compare the text, and others write 7D for a week. Their months and years are not ours.
    private static string Age(TimeSpan age)
    {
        var seconds = (long)age.TotalSeconds;
        var (count, unit) = seconds switch
        {
            _ when seconds % 86_400 == 0 => (seconds / 86_400, 'D'),
            _ when seconds % 3_600 == 0 => (seconds / 3_600, 'h'),
            _ when seconds % 60 == 0 => (seconds / 60, 'm'),
            _ => (seconds, 's'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
    }
}
