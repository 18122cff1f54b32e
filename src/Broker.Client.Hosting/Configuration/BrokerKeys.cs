using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>The keys of a broker's section: every option of <see cref="BrokerOptions"/> that a file can hold, under its own name.</summary>
internal static class BrokerKeys
{
    public const string Uri = "Uri";
    public const string Consumers = "Consumers";

    private static readonly KeyTable<PublisherOptions> s_publisher = new()
    {
        { nameof(PublisherOptions.Deadline), (options, value) => options.Deadline = value.Time() },
        { nameof(PublisherOptions.WindowMessages), (options, value) => options.WindowMessages = value.Whole<int>() },
        { nameof(PublisherOptions.WindowBytes), (options, value) => options.WindowBytes = value.Whole<long>() },
        { nameof(PublisherOptions.Channels), (options, value) => options.Channels = value.Whole<int>() },
        { nameof(PublisherOptions.MaxMessageBytes), (options, value) => options.MaxMessageBytes = value.Whole<int>() },
    };

    private static readonly KeyTable<CallerOptions> s_caller = new()
    {
        { nameof(CallerOptions.Timeout), (options, value) => options.Timeout = value.Time() },
        { nameof(CallerOptions.Window), (options, value) => options.Window = value.Whole<int>() },
    };

    private static readonly KeyTable<TlsOptions> s_tls = new()
    {
        { nameof(TlsOptions.CaFile), (options, value) => options.CaFile = value.Text },
        { nameof(TlsOptions.CertFile), (options, value) => options.CertFile = value.Text },
        { nameof(TlsOptions.KeyFile), (options, value) => options.KeyFile = value.Text },
        { nameof(TlsOptions.KeyPassword), (options, value) => options.KeyPassword = value.Text },
        { nameof(TlsOptions.ServerName), (options, value) => options.ServerName = value.Text },
        { nameof(TlsOptions.Protocols), (options, value) => options.Protocols = value.Word<SslProtocols>() },
        { nameof(TlsOptions.RevocationMode), (options, value) => options.RevocationMode = value.Word<X509RevocationMode>() },
    };

    private static readonly KeyTable<EndpointParts> s_endpoint = new()
    {
        { nameof(BrokerEndpoint.Host), (parts, value) => parts.Host = value.Text },
        { nameof(BrokerEndpoint.Port), (parts, value) => parts.Port = value.Whole<int>() },
    };

    public static readonly KeyTable<BrokerOptions> Table = new()
    {
        // Read before all others.
        Uri,
        { nameof(BrokerOptions.Endpoints), BindEndpoints },
        { nameof(BrokerOptions.VirtualHost), (options, value) => options.VirtualHost = value.Text },
        { nameof(BrokerOptions.UserName), (options, value) => options.UserName = value.Text },
        { nameof(BrokerOptions.Password), (options, value) => options.Password = value.Text },
        { nameof(BrokerOptions.Authentication), (options, value) => options.Authentication = value.Word<BrokerAuthentication>() },
        { nameof(BrokerOptions.Tls), BindTls },
        { nameof(BrokerOptions.ClientName), (options, value) => options.ClientName = value.Text },
        { nameof(BrokerOptions.ClientProperties), (options, value) => options.ClientProperties = value.Table() },
        { nameof(BrokerOptions.Heartbeat), (options, value) => options.Heartbeat = value.Time() },
        { nameof(BrokerOptions.ConnectTimeout), (options, value) => options.ConnectTimeout = value.Time() },
        { nameof(BrokerOptions.ConnectDeadline), (options, value) => options.ConnectDeadline = value.Time() },
        { nameof(BrokerOptions.ConnectAttempts), (options, value) => options.ConnectAttempts = value.Whole<int>() },
        { nameof(BrokerOptions.ReconnectDelay), (options, value) => options.ReconnectDelay = value.Time() },
        { nameof(BrokerOptions.MaxReconnectDelay), (options, value) => options.MaxReconnectDelay = value.Time() },
        { nameof(BrokerOptions.BlockedTimeout), (options, value) => options.BlockedTimeout = value.Time() },
        { nameof(BrokerOptions.OperationTimeout), (options, value) => options.OperationTimeout = value.Time() },
        { nameof(BrokerOptions.MaxChannels), (options, value) => options.MaxChannels = value.Whole<ushort>() },
        { nameof(BrokerOptions.MaxFrameSize), (options, value) => options.MaxFrameSize = value.Whole<uint>() },
        { nameof(BrokerOptions.MaxInboundMessageBytes), (options, value) => options.MaxInboundMessageBytes = value.Whole<uint>() },
        { nameof(BrokerOptions.Publisher), options => options.Publisher, s_publisher },
        { nameof(BrokerOptions.Caller), options => options.Caller, s_caller },
        // Not of the client, but of its host.
        nameof(BrokerHostingOptions.FailFast),
        nameof(BrokerHostingOptions.StopHostWhenConsumerFails),
        Consumers,
    };

    /// <summary>What the section says of the host; what is wrong with it is told beside the rest.</summary>
    public static readonly KeyTable<BrokerHostingOptions> Hosting = new()
    {
        { nameof(BrokerHostingOptions.FailFast), (options, value) => options.FailFast = value.Flag() },
        { nameof(BrokerHostingOptions.StopHostWhenConsumerFails), (options, value) => options.StopHostWhenConsumerFails = value.Flag() },
    };

    public static bool IsTls(string key) => key.Equals(nameof(BrokerOptions.Tls), StringComparison.OrdinalIgnoreCase);

    private static void BindEndpoints(BrokerOptions options, IConfigurationSection section, ICollection<string> failures)
    {
        options.Endpoints = [];
        foreach (var child in section.GetChildren())
        {
            var parts = new EndpointParts();
            s_endpoint.Bind(child, parts, failures);
            options.Endpoints.Add(new BrokerEndpoint(parts.Host, parts.Port));
        }
    }

    private static void BindTls(BrokerOptions options, IConfigurationSection section, ICollection<string> failures) =>
        s_tls.Bind(section, options.Tls ??= new TlsOptions(), failures);

    private sealed record EndpointParts
    {
        public string Host { get; set; } = "";

        public int? Port { get; set; }
    }
}
