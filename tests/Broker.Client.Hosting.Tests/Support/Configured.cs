using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting.Tests.Support;

/// <summary>What becomes of a configuration file.</summary>
internal static class Configured
{
    public static IConfigurationRoot Json(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    /// <summary>The broker's options from the section "Broker" of the file.</summary>
    public static BrokerOptions Options(string json)
    {
        var services = new ServiceCollection();
        services.AddBroker(Json(json).GetSection("Broker"));
        return Options(services);
    }

    public static BrokerOptions Options(IServiceCollection services, string name = "")
    {
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<BrokerOptions>>().Get(name);
    }

    /// <summary>What is wrong with a section "Broker".</summary>
    public static string[] Failures(string json) =>
        [.. Assert.Throws<OptionsValidationException>(() => Options(json)).Failures];
}
