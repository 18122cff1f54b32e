using System.Text;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// Where the broker is and how the client behaves. Copied and checked once, when a client is made of it;
/// its text never shows a secret.
/// </summary>
public sealed record BrokerOptions
{
    // Of a publishing connection, beside those that publish: for declarations, for calls, and one that is just being replaced.
    private const int OtherChannels = 3;

    /// <summary>The hosts, tried in this order at each attempt. Empty, the default, means <c>localhost</c>.</summary>
    public IList<BrokerEndpoint> Endpoints { get; set; } = [];

    /// <summary>The virtual host; <c>/</c> by default.</summary>
    public string VirtualHost { get; set; } = "/";

    /// <summary>The user; <c>guest</c> by default, whom RabbitMQ lets in from its own machine only.</summary>
    public string UserName { get; set; } = "guest";

    /// <summary>The password; <c>guest</c> by default.</summary>
    public string Password { get; set; } = "guest";

    /// <summary>
    /// Asked for user and password at every connect, in place of <see cref="UserName"/> and <see cref="Password"/>:
    /// for tokens and rotated secrets.
    /// </summary>
    /// <remarks>
    /// Where they expire (<see cref="BrokerCredentials.ValidUntil"/>), each connection asks again when two thirds of that time
    /// are over, and hands the new ones to the broker (<c>connection.update-secret</c>) without a disconnect. What fails is
    /// tried again with back-off, and logged: as a warning at first, and as an error when only a sixth of the time, or a second and
    /// a half, is left. May be called by several connections at a time.
    /// </remarks>
    public Func<CancellationToken, ValueTask<BrokerCredentials>>? CredentialsProvider { get; set; }

    /// <summary>How the client logs in; <see cref="BrokerAuthentication.Plain"/> by default.</summary>
    public BrokerAuthentication Authentication { get; set; }

    /// <summary>TLS; null, the default, means none.</summary>
    public TlsOptions? Tls { get; set; }

    /// <summary>The name that the broker shows for the connections; by default that of the process.</summary>
    public string? ClientName { get; set; }

    /// <summary>Further properties that the broker shows for the connections.</summary>
    public IDictionary<string, object?> ClientProperties { get; set; } = new Dictionary<string, object?>();

    /// <summary>
    /// How often each side lets the other know that it is there; 10 seconds by default. Zero takes what the broker
    /// proposes, a minute unless it was set otherwise. A connection without a sign of life for two of them is lost.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one attempt on one host may take, TCP, TLS and AMQP together; 10 seconds by default.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// When <see cref="BrokerClient.ConnectAsync(BrokerOptions, CancellationToken)"/> gives up; 15 seconds by default.
    /// Later reconnects never give up.
    /// </summary>
    public TimeSpan ConnectDeadline { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After how many rounds over the hosts <see cref="BrokerClient.ConnectAsync(BrokerOptions, CancellationToken)"/>
    /// gives up, if that is sooner; null, the default, leaves it to the deadline.
    /// </summary>
    public int? ConnectAttempts { get; set; }

    /// <summary>
    /// The longest wait after the first failed attempt; 0.2 seconds by default. It doubles with each failure, and the wait
    /// is drawn at random from its upper quarter. The first attempt after a loss is made at once. Both connections of a
    /// client count as one: the publishing one is not tried for while the consuming one is.
    /// </summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromSeconds(0.2);

    /// <summary>
    /// Where the doubling ends, and how late a client may notice that its broker is back; 12 seconds by default, which
    /// makes at most 12 attempts in the first minute of an outage. After a refusal that waiting does not mend (login, virtual
    /// host, access or TLS) the wait is four times as long.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>
    /// How long a publish waits while the broker blocks publishing (<c>connection.blocked</c>); null, the default, means
    /// until its deadline, and zero that it ends at once. It is <see cref="PublishOutcome.NotSent"/> then, or
    /// <see cref="PublishOutcome.Unknown"/> where it was on the wire already.
    /// </summary>
    public TimeSpan? BlockedTimeout { get; set; }

    /// <summary>How long a declaration, a look-up or another request may take to be answered; 30 seconds by default.</summary>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many channels a connection may have, if the broker allows as many; 2,047 by default, as on the broker.
    /// </summary>
    public ushort MaxChannels { get; set; } = 2047;

    /// <summary>The largest frame in bytes; 0, the default, means the broker's (128 KiB).</summary>
    public uint MaxFrameSize { get; set; }

    /// <summary>
    /// The largest body that is handed out; by default 512 MiB, the most that RabbitMQ can be set to take, and never more.
    /// A larger message is not given to a handler or a loop, but put aside as its <see cref="FailurePolicy"/> has it:
    /// dead-lettered, or parked whole. <see cref="BrokerClient.GetAsync"/> parks it in <c>&lt;queue&gt;.failed</c>. A call whose
    /// reply is larger ends as <see cref="CallFailure.ReplyTooLarge"/>.
    /// </summary>
    public uint MaxInboundMessageBytes { get; set; } = MostMessageBytes;

    /// <summary>What the broker's own limit can be set to at the most.</summary>
    internal const uint MostMessageBytes = 512 * 1024 * 1024;

    /// <summary>How the client publishes.</summary>
    public PublisherOptions Publisher { get; set; } = new();

    /// <summary>How the client calls.</summary>
    public CallerOptions Caller { get; set; } = new();

    /// <summary>Where the library logs to; null, the default, means nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The clock of every delay and deadline; the system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Options from a URI such as <c>amqp://user:password@host1,host2:5673/vhost?heartbeat=10</c>.</summary>
    /// <exception cref="FormatException">
    /// The URI is not of this form; the message names what is wrong and what is valid.
    /// </exception>
    public static BrokerOptions Parse(string uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return AmqpUri.Parse(uri);
    }

    /// <summary>
    /// Takes over what the URI says: its hosts in place of <see cref="Endpoints"/>, TLS or none, and of the rest what it
    /// names. Else as <see cref="Parse"/>; after an error some of it may have been taken.
    /// </summary>
    /// <exception cref="FormatException">
    /// The URI is not of this form; the message names what is wrong and what is valid.
    /// </exception>
    public void Apply(string uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        AmqpUri.Apply(uri, this);
    }

    /// <summary>A copy that nobody else can change, checked.</summary>
    /// <exception cref="ArgumentException">A value cannot work; the message names it.</exception>
    internal BrokerOptions Freeze()
    {
        Validate();
        return this with
        {
            Endpoints = Endpoints.Count == 0 ? [new BrokerEndpoint("localhost")] : [.. Endpoints],
            ClientProperties = new Dictionary<string, object?>(ClientProperties),
            Tls = Tls?.Snapshot(),
            Publisher = Publisher.Snapshot(),
            Caller = Caller with { },
        };
    }

    /// <summary>Checks the options, as a client does that is made of them. Does no I/O but to look for TLS files.</summary>
    /// <exception cref="ArgumentException">A value cannot work; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Endpoints);
        ArgumentNullException.ThrowIfNull(ClientProperties);
        MessageCheck.ValidateTable(ClientProperties, "BrokerOptions.ClientProperties", 0);
        foreach (var endpoint in Endpoints)
        {
            if (string.IsNullOrWhiteSpace(endpoint?.Host))
                throw new ArgumentException("BrokerOptions.Endpoints has an endpoint without a host.", "options");
            Check.Range(endpoint.PortOr(Tls is not null), 1, 65535, $"The port of endpoint '{endpoint.Host}'");
        }

        Check.NotEmpty(VirtualHost);
        ArgumentNullException.ThrowIfNull(UserName);
        ArgumentNullException.ThrowIfNull(Password);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Publisher);
        ArgumentNullException.ThrowIfNull(Caller);
        if (Heartbeat != TimeSpan.Zero)
        {
            // The protocol counts heartbeats in whole seconds, in 16 bits.
            Check.Range(Heartbeat.TotalSeconds, 1, ushort.MaxValue, "BrokerOptions.Heartbeat (seconds)");
        }

        Check.Positive(ConnectTimeout, "BrokerOptions.ConnectTimeout");
        Check.Positive(ConnectDeadline, "BrokerOptions.ConnectDeadline");
        Check.Range(ConnectAttempts ?? 1, 1, int.MaxValue, "BrokerOptions.ConnectAttempts");
        Check.Positive(ReconnectDelay, "BrokerOptions.ReconnectDelay");
        Check.Positive(MaxReconnectDelay, "BrokerOptions.MaxReconnectDelay");
        if (MaxReconnectDelay < ReconnectDelay)
            throw new ArgumentException(
                $"BrokerOptions.MaxReconnectDelay ({MaxReconnectDelay}) is below ReconnectDelay ({ReconnectDelay}). "
                + "Raise the one or lower the other.",
                "options");
        if (BlockedTimeout != TimeSpan.Zero)
            Check.PositiveOrNull(BlockedTimeout, "BrokerOptions.BlockedTimeout");
        Check.Positive(OperationTimeout, "BrokerOptions.OperationTimeout");
        Check.Range(MaxChannels, (ushort)4, ushort.MaxValue, "BrokerOptions.MaxChannels");
        if (MaxFrameSize != 0)
            Check.Range(MaxFrameSize, 8192u, uint.MaxValue, "BrokerOptions.MaxFrameSize"); // RabbitMQ 4.1 refuses less
        Check.Range(MaxInboundMessageBytes, 1024u, MostMessageBytes, "BrokerOptions.MaxInboundMessageBytes");
        Check.Defined(Authentication, "BrokerOptions.Authentication");
        if (Authentication == BrokerAuthentication.External
            && Tls is not ({ CertFile: not null } or { ClientCertificate: not null }))
            throw new ArgumentException(
                "BrokerAuthentication.External logs in with the certificate of a TLS connection: "
                + "set BrokerOptions.Tls with a client certificate.",
                "options");
        if (Authentication == BrokerAuthentication.External && CredentialsProvider is not null)
            throw new ArgumentException(
                "BrokerOptions.CredentialsProvider would be asked for nothing: BrokerAuthentication.External logs in with the "
                + "client certificate. Leave the provider out, or use BrokerAuthentication.Plain.",
                "options");
        if (ClientName is { Length: > 3000 })
            throw new ArgumentException("BrokerOptions.ClientName is longer than 3,000 characters.", "options");
        Tls?.Validate();
        Publisher.Validate();
        if (Publisher.Channels + OtherChannels > MaxChannels)
            throw new ArgumentException(
                $"PublisherOptions.Channels ({Publisher.Channels}) and {OtherChannels} more, for declarations and calls, "
                + $"do not fit BrokerOptions.MaxChannels ({MaxChannels}). Lower the one or raise the other.",
                "options");
        Caller.Validate();
    }

    // What a record prints of itself; without the password, the provider and what a user put into ClientProperties.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append("Endpoints = [").AppendJoin(", ", Endpoints).Append("], VirtualHost = ").Append(VirtualHost)
            .Append(", UserName = ").Append(UserName).Append(", Authentication = ").Append(Authentication)
            .Append(", Tls = ").Append(Tls).Append(", ClientName = ").Append(ClientName)
            .Append(", Heartbeat = ").Append(Heartbeat).Append(", ConnectTimeout = ").Append(ConnectTimeout)
            .Append(", ConnectDeadline = ").Append(ConnectDeadline).Append(", OperationTimeout = ").Append(OperationTimeout)
            .Append(", Publisher = ").Append(Publisher).Append(", Caller = ").Append(Caller);
        return true;
    }
}
