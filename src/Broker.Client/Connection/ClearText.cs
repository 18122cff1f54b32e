using System.Net;

namespace Broker.Client;

/// <summary>Where a password would cross a network that others can read.</summary>
internal static class ClearText
{
    public static IEnumerable<string> Exposed(BrokerOptions options) =>
        options.Tls is not null || options.Authentication == BrokerAuthentication.External
            ? []
            : options.Endpoints.Select(endpoint => endpoint.Host).Where(host => !IsThisMachine(host)).Distinct();

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
