using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting;

/// <summary>How a registered broker lives with its host.</summary>
public static class BrokerHostingBuilderExtensions
{
    /// <summary>
    /// Has the host connect the broker when it starts and close it when it stops, which every registration of a consumer, a
    /// typed publisher or a section brings along, and sets how the two depend on each other. Calls add up.
    /// </summary>
    public static IBrokerBuilder ConfigureHosting(this IBrokerBuilder builder, Action<BrokerHostingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        BrokerRegistration.Add(builder);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
