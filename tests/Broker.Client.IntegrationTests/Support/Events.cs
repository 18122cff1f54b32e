using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>Streams of the tests, and the queues beside them, which the probe deletes at the end.</summary>
internal static class Events
{
    /// <summary>A stream for the test.</summary>
    public static async Task<string> DeclareStreamAsync(this BrokerClient client, BrokerProbe probe, StreamOptions? options = null)
    {
        var stream = probe.NewName("stream");
        foreach (var subscriber in (string[])["a", "b", "c"])
        {
            probe.Owns($"{stream}.{subscriber}.offset");
            probe.Owns($"{stream}.{subscriber}.failed");
        }

        await client.DeclareStreamAsync(stream, options).AsTask().InTime();
        return stream;
    }

    /// <summary>Sends them in this order; completes when all are confirmed.</summary>
    public static Task SendAllInOrderAsync(this BrokerClient client, string stream, IEnumerable<string> texts) =>
        client.SendManyAsync(stream, texts.Select(Message.FromText)).InTime(60);
}
