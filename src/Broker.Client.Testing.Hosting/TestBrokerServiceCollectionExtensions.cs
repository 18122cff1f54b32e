using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Broker.Client.Testing.Hosting;

/// <summary>Has an application run on a <see cref="TestBroker"/>, unchanged.</summary>
public static class TestBrokerServiceCollectionExtensions
{
    /// <summary>
    /// Has every broker that is registered, now or later, be one <see cref="TestBroker"/> in this process, whatever the code
    /// and the configuration say of hosts, TLS and credentials; all other options stand. Of several calls the last one counts.
    /// </summary>
    /// <remarks>
    /// It starts when a broker's options are first needed, which is at the latest when the host starts, and ends with the
    /// container, after the clients. <see cref="TestBroker"/> is a service too, for a test to look at and to plan faults on. Where
    /// an environment variable says that this is production, it refuses to start, and so does the application.
    /// </remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="options">
    /// Those of the test broker. Where they have a <see cref="TestBrokerOptions.Login"/>, the application logs in with its own
    /// credentials. A virtual host that is not among <see cref="TestBrokerOptions.VirtualHosts"/> becomes the first of them.
    /// </param>
    public static IServiceCollection AddTestBroker(this IServiceCollection services, TestBrokerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var own = (options ?? new()) with { };
        services.AddSingleton(_ => Start(own));
        return Add(services, new(Name: null, own, static provider => provider.GetRequiredService<TestBroker>()));
    }

    /// <summary>
    /// As <see cref="AddTestBroker"/>, for the broker with this key alone: it gets a test broker of its own, which is a service
    /// with the same key.
    /// </summary>
    public static IServiceCollection AddKeyedTestBroker(
        this IServiceCollection services, object key, TestBrokerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(key);
        var own = (options ?? new()) with { };
        services.AddKeyedSingleton(key, (_, _) => Start(own));
        return Add(services, new(key.ToString(), own, provider => provider.GetRequiredKeyedService<TestBroker>(key)));
    }

    private static IServiceCollection Add(IServiceCollection services, StandIn standIn)
    {
        services.AddSingleton(standIn);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<BrokerOptions>, StandInAddress>());
        return services;
    }

    // It opens its port and returns: there is nothing to wait for.
    private static TestBroker Start(TestBrokerOptions options) => TestBroker.StartAsync(options).GetAwaiter().GetResult();
}
