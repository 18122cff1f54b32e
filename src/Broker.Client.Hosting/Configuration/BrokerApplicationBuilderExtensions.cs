using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Broker.Client.Hosting;

/// <summary>
/// Registers brokers by the name of their connection string, as Aspire hands it to an application. Else as
/// <see cref="BrokerConfigurationExtensions"/>.
/// </summary>
public static class BrokerApplicationBuilderExtensions
{
    /// <summary>
    /// Registers the broker whose URI is the connection string of this name, and whose further options are in the section of
    /// this name; either of the two will do.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name"><c>broker</c> by default: <c>ConnectionStrings:broker</c> and <c>Broker</c>.</param>
    public static IBrokerBuilder AddBroker(this IHostApplicationBuilder builder, string name = "broker")
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder.Services.AddBroker(static _ => { }), builder.Configuration, name);
    }

    /// <summary>As <see cref="AddBroker(IHostApplicationBuilder, string)"/>, with the name as its key too.</summary>
    public static IBrokerBuilder AddKeyedBroker(this IHostApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add(builder.Services.AddKeyedBroker(name, static _ => { }), builder.Configuration, name);
    }

    private static IBrokerBuilder Add(IBrokerBuilder builder, IConfiguration configuration, string name) =>
        BrokerConfigurationExtensions.Add(
            builder, configuration.GetSection(name), configuration.GetSection("ConnectionStrings").GetSection(name));
}
