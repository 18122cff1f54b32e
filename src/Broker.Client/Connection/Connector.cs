using System.Net.Sockets;
using System.Reflection;
using RabbitMQ.Client;

namespace Broker.Client;

/// <summary>Makes one attempt on one host, and says how it failed.</summary>
internal sealed class Connector(BrokerOptions options, string role)
{
    private static readonly string s_version =
        typeof(Connector).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private readonly CredentialsSource _credentials = new(options);
    private readonly string _name = $"{options.ClientName ?? AppDomain.CurrentDomain.FriendlyName} ({role})";

    /// <summary>A connection whose virtual host and permissions are proven by an open channel.</summary>
    /// <exception cref="BrokerConnectionException">
    /// The attempt failed; the reason is one of those that the caller can tell apart.
    /// </exception>
    public async Task<LiveConnection> ConnectAsync(BrokerEndpoint endpoint, CancellationToken cancellationToken)
    {
        Tracing.LeaveCallersSpan();
        var transports = new List<Transport>();
        var user = options.UserName;
        Task<IConnection>? connecting = null;
        try
        {
            var credentials = await _credentials.GetAsync(options.ConnectTimeout, cancellationToken).ConfigureAwait(false);
            user = credentials.UserName;
            var factory = Factory(endpoint, credentials, transports);
            // The driver's token is left alone: cancelling an open that is under way can hang it (upstream #1921).
            connecting = Task.Run(() => factory.CreateConnectionAsync(
                [new AmqpTcpEndpoint(endpoint.Host, endpoint.PortOr(options.Tls is not null))],
                _name, CancellationToken.None), CancellationToken.None);
            var driver = await connecting
                .WithinAsync(options.ConnectTimeout, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return await ProveAsync(driver, Last(transports), endpoint, credentials, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            if (connecting is not null)
                Abandon(connecting, transports);
            cancellationToken.ThrowIfCancellationRequested();
            throw error as BrokerConnectionException
                ?? DriverErrors.Connecting(error, Last(transports)?.TlsFailure, options, endpoint, user);
        }
    }

    // connection.open is not waited for by the driver (upstream #1999): a channel that opens proves that it was answered.
    private async Task<LiveConnection> ProveAsync(
        IConnection driver, Transport? transport, BrokerEndpoint endpoint, BrokerCredentials credentials, CancellationToken cancellationToken)
    {
        var live = new LiveConnection(
            driver,
            transport ?? throw new InvalidOperationException("The driver did not use the socket factory."),
            options, endpoint)
        {
            Login = credentials with { Password = "" },
        };
        try
        {
            await live.Control.OpenAsync()
                .WithinAsync(options.ConnectTimeout, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return live;
        }
        catch (Exception error)
        {
            // Why it failed is in the connection's end, which may be told a moment after the channel's.
            await ((Task)live.Lost)
                .WaitAsync(TimeSpan.FromSeconds(1), options.TimeProvider, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var isLost = live.Lost.IsCompleted;
            await live.DisposeAsync().ConfigureAwait(false);
            if (isLost && await live.Lost.ConfigureAwait(false) is { ReplyCode: 403 or 530 } refusal)
                throw DriverErrors.Refused(
                    refusal.ReplyCode, refusal.ReplyText ?? "", live.Where, options.VirtualHost, credentials.UserName, error);
            throw;
        }
    }

    private ConnectionFactory Factory(BrokerEndpoint endpoint, BrokerCredentials credentials, List<Transport> transports)
    {
        var tls = options.Tls is { } tlsOptions ? new TlsClient(tlsOptions, endpoint.Host) : null;
        var factory = new ConnectionFactory
        {
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            UserName = credentials.UserName,
            Password = credentials.Password,
            VirtualHost = options.VirtualHost,
            RequestedHeartbeat = options.Heartbeat,
            RequestedConnectionTimeout = options.ConnectTimeout,
            HandshakeContinuationTimeout = options.ConnectTimeout,
            // Longer than our own limit, which therefore always ends first; no longer, because a channel that was given up
            // over an answer cannot be closed before, and a consumer on it goes on taking messages.
            ContinuationTimeout = options.OperationTimeout + TimeSpan.FromSeconds(1),
            RequestedChannelMax = options.MaxChannels,
            RequestedFrameMax = options.MaxFrameSize,
            // Beyond its limit the driver ends the connection, and the message comes again: BrokerOptions has its own.
            MaxInboundMessageBodySize = BrokerOptions.MostMessageBytes,
            SocketFactory = family =>
            {
                var transport = new Transport(
                    new Socket(family, SocketType.Stream, ProtocolType.Tcp), tls, TimeProvider.System);
                lock (transports)
                    transports.Add(transport);
                return transport;
            },
        };
        if (options.Authentication == BrokerAuthentication.External)
            factory.AuthMechanisms = [new ExternalMechanismFactory()];
        factory.ClientProperties["product"] = "Broker.Client";
        factory.ClientProperties["version"] = s_version;
        foreach (var (name, value) in options.ClientProperties)
            factory.ClientProperties[name] = value;
        return factory;
    }

    private static Transport? Last(List<Transport> transports)
    {
        lock (transports)
            return transports.LastOrDefault();
    }

    private static void Abandon(Task<IConnection> connecting, List<Transport> transports)
    {
        lock (transports)
        {
            foreach (var transport in transports)
                transport.Kill();
        }

        Bounded.ObserveLater(DisposeLateAsync());

        async Task DisposeLateAsync()
        {
            var late = await connecting.ConfigureAwait(false);
            await late.DisposeAsync().ConfigureAwait(false);
        }
    }
}
