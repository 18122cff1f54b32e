using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Security;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>Clients of the library on a broker, on a relay or on a proxy.</summary>
internal static class Clients
{
    public static Task<BrokerClient> ConnectAsync(this BrokerUnderTest broker, Action<BrokerOptions>? configure = null) =>
        BrokerClient.ConnectAsync(OptionsFor(broker.Uri, configure)).InTime();

    public static Task<BrokerClient> ConnectAsync(this TcpRelay relay, Action<BrokerOptions>? configure = null) =>
        BrokerClient.ConnectAsync(OptionsFor(relay.Uri, configure)).InTime();

    public static Task<BrokerClient> ConnectAsync(this FaultProxy proxy, Action<BrokerOptions>? configure = null) =>
        BrokerClient.ConnectAsync(OptionsFor(proxy.Uri, configure)).InTime();

    /// <summary>The user that the tests log in as.</summary>
    public static string User(this BrokerUnderTest broker) => Uri.UnescapeDataString(broker.Uri.UserInfo.Split(':')[0]);

    /// <summary>One that has not connected.</summary>
    public static BrokerClient Idle(this TcpRelay relay, Action<BrokerOptions>? configure = null) => new(OptionsFor(relay.Uri, configure));

    /// <summary>A queue for the test, by the probe's name so that it is deleted at the end.</summary>
    public static async Task<string> DeclareAsync(this BrokerClient client, BrokerProbe probe, QueueOptions? options = null)
    {
        var queue = probe.NewName();
        await client.DeclareQueueAsync(queue, options).InTime();
        return queue;
    }

    /// <summary>Sends them all without waiting in between; completes when all are confirmed.</summary>
    public static Task SendAllAsync(this BrokerClient client, string queue, IEnumerable<string> texts) =>
        Task.WhenAll(texts.Select(text => client.SendAsync(queue, text).AsTask()).ToArray()).InTime(60);

    /// <summary>"0", "1", "2", ...</summary>
    public static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(number => $"{number}")];

    private static BrokerOptions OptionsFor(Uri uri, Action<BrokerOptions>? configure)
    {
        var options = BrokerOptions.Parse(uri.OriginalString);
        configure?.Invoke(options);
        options.LoggerFactory ??= SecretWatch.Loggers;
        SecretWatch.See("the text of options", $"{options}");
        return options;
    }
}
