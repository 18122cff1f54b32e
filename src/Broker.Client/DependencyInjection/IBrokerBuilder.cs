using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client;

/// <summary>One registered broker, to add to.</summary>
public interface IBrokerBuilder
{
    /// <summary>The services that it is registered in.</summary>
    IServiceCollection Services { get; }

    /// <summary>
    /// The key that it is registered under as text; empty for the one without a key. Also the name of its
    /// <see cref="BrokerOptions"/>.
    /// </summary>
    string Name { get; }

    /// <summary>The key that it is registered under; null for the one without.</summary>
    object? Key { get; }
}
