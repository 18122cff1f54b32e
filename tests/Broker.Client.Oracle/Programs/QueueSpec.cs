using Broker.Client.Oracle.Playing;

namespace Broker.Client.Oracle.Programs;

/// <summary>What a queue is declared with. Arguments whose value is a <see cref="QueueSlot"/> or an <see cref="ExchangeSlot"/> become the name
/// that the slot has.</summary>
internal sealed record QueueSpec(string Type)
{
    public bool Durable { get; init; } = true;

    public bool Exclusive { get; init; }

    public bool AutoDelete { get; init; }

    /// <summary>Without a name, so that the broker makes one up.</summary>
    public bool Unnamed { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>();

    public Dictionary<string, object?> Named(Stage stage)
    {
        var named = Arguments.ToDictionary(pair => pair.Key, pair => pair.Value switch
        {
            QueueSlot slot => stage.Queue(slot.Number),
            ExchangeSlot slot => stage.Exchange(slot.Number),
            var value => value,
        });
        // A missing type is classic too, and that is worth to be tried.
        if (Type.Length > 0) named["x-queue-type"] = Type;
        return named;
    }

    public override string ToString()
    {
        List<string> words = [Type.Length > 0 ? Type : "untyped"];
        if (!Durable) words.Add("transient");
        if (Exclusive) words.Add("exclusive");
        if (AutoDelete) words.Add("auto-delete");
        if (Unnamed) words.Add("unnamed");
        return string.Join(' ', [.. words, .. Arguments.Select(pair => $"{pair.Key}={Canon.Value(pair.Value)}")]);
    }
}

internal sealed record QueueSlot(int Number)
{
    public override string ToString() => $"q{Number}";
}

internal sealed record ExchangeSlot(int Number)
{
    public override string ToString() => Number < 0 ? "''" : $"e{Number}";
}
