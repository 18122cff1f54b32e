namespace Broker.Client;

/// <summary>One host of a broker.</summary>
/// <param name="Host">Name or address; an IPv6 address without brackets.</param>
/// <param name="Port">Its port; null means 5672, or 5671 with TLS.</param>
public sealed record BrokerEndpoint(string Host, int? Port = null)
{
    internal int PortOr(bool tls) => Port ?? (tls ? 5671 : 5672);

    /// <summary>The host, and the port where one is set.</summary>
    public override string ToString() => Port is { } port ? $"{Host}:{port}" : Host;
}
