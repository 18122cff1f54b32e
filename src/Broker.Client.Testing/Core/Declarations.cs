using System.Collections.ObjectModel;

namespace Broker.Client.Testing;

/// <summary>What exchange.declare asks for.</summary>
internal sealed record ExchangeDeclaration(string Name, string Type = "direct")
{
    public bool Durable { get; init; }

    public bool AutoDelete { get; init; }

    public bool Internal { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;
}

/// <summary>What queue.declare asks for; an empty name lets the broker choose.</summary>
internal sealed record QueueDeclaration(string Name)
{
    public bool Durable { get; init; }

    public bool Exclusive { get; init; }

    public bool AutoDelete { get; init; }

    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = ReadOnlyDictionary<string, object?>.Empty;
}

/// <summary>What queue.declare-ok says.</summary>
internal readonly record struct QueueCounts(string Name, int Messages, int Consumers);
