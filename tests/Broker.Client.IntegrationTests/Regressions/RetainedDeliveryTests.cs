using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>Every channel that a consumer had on a connection, with the last message that came on it, was kept for as long as the connection lived.</summary>
public sealed class RetainedDeliveryTests(BrokerFixture brokers)
{
    private const int Channels = 20;

    [Fact]
    public async Task The_last_message_of_a_channel_that_has_ended_is_kept_by_nobody()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<WeakReference>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add(new WeakReference(delivery)));

        for (var channel = 1; channel <= Channels; channel++)
        {
            await broker.SendAsync(queue, "x").InTime();
            await seen.ReachAsync(channel);
            await consumer.PauseAsync().InTime();
            await consumer.ResumeAsync().InTime();
        }

        // The driver and the lanes may hold some that are not old.
        await Eventually.IsTrueAsync("they are free", () => Alive(seen) < Channels / 2);
    }

    private static int Alive(Collected<WeakReference> seen)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return seen.All.Count(static delivery => delivery.IsAlive);
    }
}
