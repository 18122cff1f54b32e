namespace Broker.Client.Testing;

/// <summary>Redeclaring compares what is asked with what is there and names the first difference, 406.</summary>
internal readonly struct Equivalence(string what)
{
    public void Flag(string name, bool received, bool current)
    {
        if (received != current) throw Differs(name, $"received '{(received ? "true" : "false")}'",
            $"'{(current ? "true" : "false")}'");
    }

    public void Text(string name, string received, string current)
    {
        if (received != current) throw Differs(name, $"received '{received}'", $"'{current}'");
    }

    public void Argument(
        string name, IReadOnlyDictionary<string, object?> received, IReadOnlyDictionary<string, object?> current)
    {
        var asked = received.TryGetValue(name, out var wanted);
        var had = current.TryGetValue(name, out var existing);
        if (asked == had && ArgumentText.AreEqual(wanted, existing)) return;

        if (asked && had)
            throw Differs(name, $"received '{ArgumentText.Of(wanted)}'", $"'{ArgumentText.Of(existing)}'");
        throw Differs(name, $"received {Described(asked, wanted)}", Described(had, existing));
    }

    private static string Described(bool exists, object? value) =>
        exists ? $"the value '{ArgumentText.Of(value)}' of type '{ArgumentText.TypeOf(value)}'" : "none";

    private BrokerError Differs(string name, string received, string current) =>
        BrokerError.Precondition($"inequivalent arg '{name}' for {what}: {received} but current is {current}");
}
