namespace Broker.Client;

/// <summary>
/// What a reader wants of a stream: events by the value that they were published with
/// (<see cref="Message.StreamFilterValue"/>). RabbitMQ 3.13 and later leave whole chunks out that hold none of them; what comes
/// all the same is left out here, and on older brokers everything is.
/// </summary>
public sealed record StreamFilter
{
    internal const string ValueHeader = "x-stream-filter-value";

    private readonly HashSet<string> _values;

    private StreamFilter(HashSet<string> values) => _values = values;

    /// <summary>Whether events without a value are wanted too; false by default.</summary>
    public bool IncludeUnfiltered { get; init; }

    /// <summary>Events with one of these values.</summary>
    /// <exception cref="ArgumentException">There is none, or one is empty or longer than 255 bytes.</exception>
    public static StreamFilter Of(params IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var wanted = new HashSet<string>(values, StringComparer.Ordinal);
        foreach (var value in wanted)
            Check.NotEmpty(value, nameof(values));
        return wanted.Count > 0
            ? new StreamFilter(wanted)
            : throw new ArgumentException("A filter needs a value at least. Leave it out to read everything.", nameof(values));
    }

    /// <summary>Whether it is the same filter.</summary>
    public bool Equals(StreamFilter? other) =>
        other is not null && IncludeUnfiltered == other.IncludeUnfiltered && _values.SetEquals(other._values);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Count;

    /// <inheritdoc/>
    public override string ToString() => $"{string.Join(", ", _values.Order(StringComparer.Ordinal))}{(IncludeUnfiltered ? " and what has none" : "")}";

    internal bool Takes(IReadOnlyDictionary<string, object?> headers) =>
        headers.TryGetValue(ValueHeader, out var value) && value is string text ? _values.Contains(text) : IncludeUnfiltered;

    /// <summary>The consumer's arguments.</summary>
    internal IEnumerable<KeyValuePair<string, object?>> ToArguments() =>
    [
        new("x-stream-filter", _values.Order(StringComparer.Ordinal).Cast<object?>().ToList()),
        new("x-stream-match-unfiltered", IncludeUnfiltered),
    ];
}
