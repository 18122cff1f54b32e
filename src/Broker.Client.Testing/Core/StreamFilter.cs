namespace Broker.Client.Testing;

/// <summary>What a reader of a stream wants of it: messages by their x-stream-filter-value. RabbitMQ may let more
/// through, since it filters whole chunks, by a summary of them.</summary>
internal sealed class StreamFilter(IReadOnlyList<string> values, bool unfilteredToo)
{
    public static StreamFilter All { get; } = new([], unfilteredToo: true);

    public static StreamFilter Of(IReadOnlyDictionary<string, object?> arguments) =>
        arguments.GetValueOrDefault("x-stream-filter") switch
        {
            string one => new([one], UnfilteredToo(arguments)),
            IReadOnlyList<object?> many => new([.. many.OfType<string>()], UnfilteredToo(arguments)),
            _ => All,
        };

    public bool Takes(IReadOnlyDictionary<string, object?>? headers)
    {
        if (values.Count == 0) return true;
        return headers?.GetValueOrDefault("x-stream-filter-value") is string value
            ? values.Contains(value)
            : unfilteredToo;
    }

    private static bool UnfilteredToo(IReadOnlyDictionary<string, object?> arguments) =>
        arguments.GetValueOrDefault("x-stream-match-unfiltered") is true;
}
