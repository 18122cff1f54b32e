namespace Broker.Client;

/// <summary>The broker's node that a connection leads to.</summary>
internal sealed record ServerName(string Host, int Port)
{
    /// <summary>The port as tags take it, boxed once.</summary>
    public object BoxedPort { get; } = Port;
}
