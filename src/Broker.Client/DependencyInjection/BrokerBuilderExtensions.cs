using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client;

/// <summary>
/// What a registered broker declares: whenever it connects, before anything is consumed or published. A declaration
/// that the broker refuses is logged, and what depends on it tells its own error.
/// </summary>
public static class BrokerBuilderExtensions
{
    /// <summary>Declares a queue.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, or would lose messages.</exception>
    public static IBrokerBuilder DeclareQueue(this IBrokerBuilder builder, string name, QueueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        Check.NotEmpty(name);
        var queue = BrokerTopology.ToQueue(name, options);
        return Add(builder, ledger => ledger.Add(queue));
    }

    /// <summary>Declares a stream.</summary>
    /// <exception cref="ArgumentException">An option cannot work.</exception>
    public static IBrokerBuilder DeclareStream(this IBrokerBuilder builder, string name, StreamOptions? options = null)
    {
        Check.NotEmpty(name);
        return builder.DeclareQueue(name, (options ?? new StreamOptions()).ToQueue(name));
    }

    /// <summary>Declares an exchange.</summary>
    public static IBrokerBuilder DeclareExchange(
        this IBrokerBuilder builder, string name, string kind = ExchangeKind.Direct, ExchangeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var exchange = BrokerTopology.ToExchange(name, kind, options);
        return Add(builder, ledger => ledger.Add(exchange));
    }

    /// <summary>Binds a queue to an exchange.</summary>
    public static IBrokerBuilder Bind(
        this IBrokerBuilder builder, string queue, string exchange, string routingKey = "",
        IReadOnlyDictionary<string, object?>? arguments = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var binding = BrokerTopology.ToBinding(toQueue: true, queue, exchange, routingKey, arguments);
        return Add(builder, ledger => ledger.Add(binding));
    }

    private static IBrokerBuilder Add(IBrokerBuilder builder, Action<TopologyLedger> declare)
    {
        builder.Services.AddSingleton(new DeclaredTopology(builder.Key, declare));
        return builder;
    }
}

/// <summary>Something that a registered broker declares.</summary>
internal sealed record DeclaredTopology(object? Key, Action<TopologyLedger> Declare);
