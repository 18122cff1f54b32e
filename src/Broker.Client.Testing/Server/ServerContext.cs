namespace Broker.Client.Testing;

/// <summary>What all connections of a broker share.</summary>
internal sealed class ServerContext(
    RabbitProfile profile, Sasl sasl, UserTable users, Hosts hosts, BrokerLimits limits, TimeProvider clock,
    Action<string>? report)
{
    private readonly Lock _gate = new();

    public RabbitProfile Profile => profile;

    public Sasl Sasl => sasl;

    public UserTable Users => users;

    public Hosts Hosts => hosts;

    public BrokerLimits Limits => limits;

    public TimeProvider Clock => clock;

    public FaultPlan Plan { get; } = new(clock, report);

    public BlockGate Alarm { get; } = new();

    /// <summary>Tells when a connection opens or ends.</summary>
    public Changes Connections => field ??= new(_gate);

    public void ConnectionsChanged()
    {
        lock (_gate) Connections.Signal();
    }
}

/// <summary>What a client said of itself, and whom it logged in as.</summary>
internal sealed record Client(
    string User, IReadOnlyDictionary<string, object?> Properties, bool WantsCancel, bool WantsBlocked);
