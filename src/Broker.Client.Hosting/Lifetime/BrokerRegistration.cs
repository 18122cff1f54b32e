using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Broker.Client.Hosting;

/// <summary>A broker that starts and stops with the host.</summary>
internal sealed record BrokerRegistration(object? Key, string Name)
{
    /// <summary>Has the host start and stop it; again and again is once.</summary>
    public static void Add(IBrokerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.Any(service => service is { IsKeyedService: false, ImplementationInstance: BrokerRegistration other }
            && Equals(other.Key, builder.Key)))
            return;
        services.AddSingleton(new BrokerRegistration(builder.Key, builder.Name));
        services.TryAddSingleton<HostedBrokers>();
        services.AddOptions();
        services.AddHostedService<BrokerHostedService>();
    }
}
