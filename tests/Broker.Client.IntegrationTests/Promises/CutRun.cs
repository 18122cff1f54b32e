using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Producers on one client whose connections are cut again and again; then all that the queue holds is read.</summary>
internal static class CutRun
{
    // What a message of a producer takes on the wire at the least, properties and frames included.
    private const int MessageBytes = 150;

    public static async Task<(TotalQueueResult Found, int Bitten)> RunAsync(
        BrokerUnderTest broker, int producers, int messages, int cuts, Action<BrokerOptions>? configure = null)
    {
        await using var probe = await broker.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(broker.Uri);
        var options = new CapturedLogs().OptionsFor(proxy.Uri);
        options.Heartbeat = TimeSpan.FromSeconds(1);
        options.ConnectTimeout = TimeSpan.FromSeconds(2); // a cut may come within the handshake
        options.MaxReconnectDelay = TimeSpan.FromMilliseconds(200);
        options.Publisher.Deadline = Producers.Deadline;
        configure?.Invoke(options);
        await using var client = await BrokerClient.ConnectAsync(options).InTime();
        var queue = await client.DeclareAsync(probe);
        var cutter = new Cutter(proxy, Promise.Random());
        var ledger = new PublishLedger(() => cutter.Bitten);

        var cutting = Task.Run(() => cutter.CutAsync(cuts, messages / Math.Max(cuts, 1) * MessageBytes));
        await new Producers(client, queue, ledger).PublishAsync(producers, messages / producers, cutting);
        await cutting;
        await client.DisposeAsync();

        await using var raw = await RawChannel.OpenAsync(broker);
        return (TotalQueue.Check(ledger.Attempts, await raw.ReadAllAsync(queue)), cutter.Bitten);
    }
}
