namespace Broker.Client.Testing;

/// <summary>
/// The arguments of a binding to a headers exchange. A null value asks only that the header is there; plain all and any
/// overlook arguments that begin with x-, the -with-x kinds look at them too.
/// </summary>
internal sealed class HeadersMatch
{
    private readonly List<KeyValuePair<string, object?>> _wanted;
    private readonly bool _any;

    public HeadersMatch(IReadOnlyDictionary<string, object?> arguments)
    {
        var kind = Kind(arguments);
        _any = kind.StartsWith("any", StringComparison.Ordinal);
        var withX = kind.EndsWith("-with-x", StringComparison.Ordinal);
        _wanted = [.. arguments.Where(argument => argument.Key != "x-match"
            && (withX || !argument.Key.StartsWith("x-", StringComparison.Ordinal)))];
    }

    public bool Matches(IReadOnlyDictionary<string, object?>? headers)
    {
        foreach (var (name, value) in _wanted)
        {
            object? actual = null;
            var matches = headers is not null && headers.TryGetValue(name, out actual)
                && (value is null || ArgumentText.AreEqual(value, actual));
            if (matches == _any) return _any;
        }

        // Nothing wanted is all of nothing, and none of it.
        return !_any;
    }

    private static string Kind(IReadOnlyDictionary<string, object?> arguments)
    {
        if (!arguments.TryGetValue("x-match", out var value)) return "all";
        if (value is not string text)
        {
            throw BrokerError.Precondition($"Invalid x-match field type {ArgumentText.TypeOf(value)} "
                + $"(value {ArgumentText.Of(value)}); expected longstr");
        }

        if (text is "all" or "any" or "all-with-x" or "any-with-x") return text;
        throw BrokerError.Precondition(
            $"Invalid x-match field value <<\"{text}\">>; expected all, any, all-with-x, or any-with-x");
    }
}
