using System.Security.Cryptography;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>What makes a node of rabbitmq-server one of its cluster, or one alone.</summary>
/// <param name="Name">Its Erlang name.</param>
/// <param name="Cookie">The secret that nodes of a cluster share.</param>
/// <param name="EpmdPort">Where they find each other.</param>
/// <param name="Settings">More lines for rabbitmq.conf.</param>
/// <param name="Flags">More flags for Erlang, after a blank.</param>
/// <param name="Plugin">A plugin that is enabled; empty for none.</param>
/// <param name="File">The content of a file, for whose path FILE stands in the settings.</param>
internal sealed record ProcessNode(
    string Name, string Cookie, int EpmdPort, string Settings = "", string Flags = "", string Plugin = "", string File = "")
{
    public static ProcessNode Alone() => new("broker@localhost", RandomNumberGenerator.GetHexString(20), LoopbackPort.Free());

    /// <summary>One alone that takes tokens which this key's owner has signed, beside its own users.</summary>
    public static ProcessNode WithOAuth2(string publicKey) => Alone() with
    {
        Plugin = "rabbitmq_auth_backend_oauth2",
        File = publicKey,
        Settings = $"""
            auth_backends.1 = rabbit_auth_backend_oauth2
            auth_backends.2 = internal
            auth_oauth2.resource_server_id = {Security.TokenIssuer.Audience}
            auth_oauth2.default_key = {Security.TokenIssuer.KeyId}
            auth_oauth2.signing_keys.{Security.TokenIssuer.KeyId} = FILE
            """,
    };

    /// <summary>Nodes that join each other at their first start. One that sees no majority stands still, as production clusters are told to.</summary>
    public static IReadOnlyList<ProcessNode> Cluster(int size)
    {
        var (cookie, epmdPort) = (RandomNumberGenerator.GetHexString(20), LoopbackPort.Free());
        string[] names = [.. Enumerable.Range(1, size).Select(number => $"broker{number}@localhost")];
        var settings = $"""
            cluster_partition_handling = pause_minority
            cluster_formation.peer_discovery_backend = classic_config
            {string.Join('\n', names.Select((name, index) => $"cluster_formation.classic_config.nodes.{index + 1} = {name}"))}
            """;
        // One scheduler a node: three nodes and the tests share the cores.
        return [.. names.Select(name => new ProcessNode(name, cookie, epmdPort, settings, " +S 1:1"))];
    }
}
