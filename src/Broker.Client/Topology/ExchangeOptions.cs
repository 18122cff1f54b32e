namespace Broker.Client;

/// <summary>How an exchange is declared; durable by default.</summary>
public sealed record ExchangeOptions
{
    /// <summary>Whether it outlives a restart of the broker; true by default.</summary>
    public bool Durable { get; set; } = true;

    /// <summary>Whether it goes when its last binding has gone; false by default.</summary>
    public bool AutoDelete { get; set; }

    /// <summary>Whether only other exchanges may publish to it; false by default.</summary>
    public bool Internal { get; set; }

    /// <summary>The exchange that gets what this one cannot route (<c>alternate-exchange</c>).</summary>
    public string? AlternateExchange { get; set; }

    /// <summary>Further arguments, as the broker or a plugin names them. They win over the properties.</summary>
    public IDictionary<string, object?> Arguments { get; set; } = new Dictionary<string, object?>();

    internal ExchangeOptions Snapshot() => this with { Arguments = new Dictionary<string, object?>(Arguments) };

    internal Dictionary<string, object?> ToArguments()
    {
        var arguments = new Dictionary<string, object?>();
        if (AlternateExchange is { } alternate)
            arguments["alternate-exchange"] = alternate;
        foreach (var (name, value) in Arguments)
            arguments[name] = value;
        return arguments;
    }
}
