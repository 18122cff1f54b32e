using Microsoft.Extensions.Options;

namespace Broker.Client.Testing.Hosting;

/// <summary>A test broker in the place of registered ones.</summary>
/// <param name="Name">Of the options of the broker that it stands in for; null for all that have none of their own.</param>
/// <param name="Options">Its own.</param>
/// <param name="Broker">Starts it, if it has not been.</param>
internal sealed record StandIn(string? Name, TestBrokerOptions Options, Func<IServiceProvider, TestBroker> Broker);

/// <summary>Leads clients to the test broker: after all else has been configured, and before it is validated.</summary>
internal sealed class StandInAddress(IServiceProvider services, IEnumerable<StandIn> standIns) : IPostConfigureOptions<BrokerOptions>
{
    public void PostConfigure(string? name, BrokerOptions options)
    {
        var found = standIns.LastOrDefault(standIn => standIn.Name == name) ?? standIns.LastOrDefault(static standIn => standIn.Name is null);
        if (found is null)
            return;
        var uri = found.Broker(services).Uri;
        options.Endpoints = [new BrokerEndpoint(uri.Host, uri.Port)];
        options.Tls = null;
        if (!found.Options.VirtualHosts.Contains(options.VirtualHost))
            options.VirtualHost = found.Options.VirtualHosts[0];
        if (found.Options.Login is not null)
            return;
        (options.UserName, options.Password) = (found.Options.UserName, found.Options.Password);
        (options.CredentialsProvider, options.Authentication) = (null, BrokerAuthentication.Plain);
    }
}
