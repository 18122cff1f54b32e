namespace Broker.Client.Testing;

/// <summary>A way out of an exchange: to a queue, or to another exchange.</summary>
internal sealed class Binding(
    Exchange source, MessageQueue? queue, Exchange? exchange, string key,
    IReadOnlyDictionary<string, object?> arguments)
{
    private readonly TopicPattern? _topic = source.Type == "topic" ? new(key) : null;
    private readonly HeadersMatch? _headers = source.Type == "headers" ? new(arguments) : null;

    public Exchange Source => source;

    public MessageQueue? Queue => queue;

    public Exchange? Exchange => exchange;

    public string Key => key;

    public IReadOnlyDictionary<string, object?> Arguments => arguments;

    public bool IsSame(Binding other) =>
        Queue == other.Queue && Exchange == other.Exchange && Key == other.Key
        && ArgumentText.TablesAreEqual(Arguments, other.Arguments);

    /// <summary><paramref name="words"/> is the routing key cut for topics, and empty for the other kinds.</summary>
    public bool Matches(string routingKey, ReadOnlySpan<string> words, IReadOnlyDictionary<string, object?>? headers) =>
        _topic is not null ? _topic.Matches(words)
        : _headers is not null ? _headers.Matches(headers)
        : source.Type == "fanout" || key == routingKey;
}
