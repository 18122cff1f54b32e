namespace Broker.Client.Testing;

/// <summary>What all connections of a broker share.</summary>
internal sealed class ServerContext(RabbitProfile profile, Sasl sasl, IReadOnlyDictionary<string, Site> sites)
{
    public RabbitProfile Profile => profile;

    public Sasl Sasl => sasl;

    public IReadOnlyDictionary<string, Site> Sites => sites;

    public BlockGate Alarm { get; } = new();
}

/// <summary>What a client said of itself, and whom it logged in as.</summary>
internal sealed record Client(string User, bool WantsCancel, bool WantsBlocked);
