using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>
/// Registers brokers whose options are in the configuration. The keys of a section are the names of the options:
/// <c>Uri</c> or <c>Endpoints</c>, the other properties of <see cref="BrokerOptions"/> (<c>Publisher:Deadline</c>), those of
/// <see cref="BrokerHostingOptions"/>, and <c>Consumers:&lt;queue&gt;</c> with the properties of
/// <see cref="ConsumerOptions"/>. Times are written 00:00:30.
/// </summary>
/// <remarks>
/// The configuration is read when the host starts. A key that does not exist, a value that is none and options that cannot
/// work fail the start with an <see cref="OptionsValidationException"/> that names the key; the values of secrets are never
/// part of it. Options in code that are registered later come on top. What changes while the host runs has no effect.
/// </remarks>
public static class BrokerConfigurationExtensions
{
    /// <summary>
    /// Registers a broker, as <see cref="BrokerServiceCollectionExtensions.AddBroker(IServiceCollection, string)"/> does, and
    /// has the host connect it when it starts and close it when it stops.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="section">Its section; or a single value that is a URI, such as <c>ConnectionStrings:broker</c>.</param>
    public static IBrokerBuilder AddBroker(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services.AddBroker(static _ => { }), section, connectionString: null);
    }

    /// <summary>
    /// As <see cref="AddBroker(IServiceCollection, IConfigurationSection)"/>, under a key: several brokers in one application.
    /// </summary>
    public static IBrokerBuilder AddKeyedBroker(this IServiceCollection services, object key, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return Add(services.AddKeyedBroker(key, static _ => { }), section, connectionString: null);
    }

    internal static IBrokerBuilder Add(
        IBrokerBuilder builder, IConfigurationSection section, IConfigurationSection? connectionString)
    {
        BrokerRegistration.Add(builder);
        var source = new BrokerSource(builder.Key, builder.Name, section, connectionString);
        var options = new BrokerSourceOptions(source);
        builder.Services.AddSingleton(source);
        builder.Services.AddSingleton<IConfigureOptions<BrokerOptions>>(options);
        builder.Services.AddSingleton<IValidateOptions<BrokerOptions>>(options);
        builder.Services.AddSingleton<IConfigureOptions<BrokerHostingOptions>>(options);
        builder.Services.AddOptions<BrokerOptions>(builder.Name).ValidateOnStart();
        return builder;
    }
}
