namespace Broker.Client.Testing;

/// <summary>What the server says of itself in connection.start, and what a client said of itself.</summary>
internal static class ServerProperties
{
    public static Dictionary<string, object?> Of(RabbitProfile profile) => new()
    {
        ["product"] = "Broker.Client.Testing",
        ["version"] = profile.Version,
        ["platform"] = ".NET",
        ["information"] = "A broker in memory, for tests",
        ["cluster_name"] = "test",
        ["capabilities"] = new Dictionary<string, object?>
        {
            ["publisher_confirms"] = true,
            ["exchange_exchange_bindings"] = true,
            ["basic.nack"] = true,
            ["consumer_cancel_notify"] = true,
            ["connection.blocked"] = true,
            ["consumer_priorities"] = true,
            ["authentication_failure_close"] = true,
            ["per_consumer_qos"] = true,
            ["direct_reply_to"] = true,
        },
    };

    public static bool Announces(this ConnectionStartOk client, string capability) =>
        client.ClientProperties?.GetValueOrDefault("capabilities") is IReadOnlyDictionary<string, object?> known
        && known.GetValueOrDefault(capability) is true;
}
