namespace Broker.Client.Testing;

/// <summary>An exchange and the bindings that leave it.</summary>
internal sealed class Exchange(ExchangeDeclaration declared)
{
    private static readonly List<Binding> _none = [];

    // By key: a direct exchange with a thousand keys looks at the bindings of one.
    private readonly Dictionary<string, List<Binding>> _byKey = [];

    public string Name => declared.Name;

    public string Type => declared.Type;

    public ExchangeDeclaration Declared => declared;

    public string? Alternate { get; } = declared.Arguments.GetValueOrDefault("alternate-exchange") as string;

    public IEnumerable<Binding> Bindings => _byKey.Values.SelectMany(static list => list);

    public bool IsUsed => _byKey.Count > 0;

    public bool Add(Binding binding)
    {
        if (!_byKey.TryGetValue(binding.Key, out var list)) _byKey[binding.Key] = list = [];
        if (list.Exists(binding.IsSame)) return false;

        list.Add(binding);
        return true;
    }

    public bool Remove(Binding binding)
    {
        if (!_byKey.TryGetValue(binding.Key, out var list)) return false;

        var removed = list.RemoveAll(binding.IsSame) > 0;
        if (list.Count == 0) _byKey.Remove(binding.Key);
        return removed;
    }

    public List<Binding> Match(string routingKey, IReadOnlyDictionary<string, object?>? headers)
    {
        if (Type == "direct") return _byKey.GetValueOrDefault(routingKey, _none);

        var words = Type == "topic" ? TopicPattern.Split(routingKey) : [];
        List<Binding> matched = [];
        foreach (var list in _byKey.Values)
        {
            foreach (var binding in list)
            {
                if (binding.Matches(routingKey, words, headers)) matched.Add(binding);
            }
        }

        return matched;
    }
}
