using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// An ack that came right behind many messages handed back, and right before the close of its channel, was forgotten by a
/// quorum queue's channel: a message that was handled well came again.
/// </summary>
public sealed class LastAckTests(BrokerFixture brokers)
{
    private const int Many = 50;
    private const int Rounds = 6; // some brokers count what is handed back

    [Fact]
    public async Task A_stop_with_much_to_hand_back_keeps_the_last_ack()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendManyAsync(queue, Clients.Numbers(Many).Select(text => (Message)text)).InTime();

        for (var handled = 1; handled <= Rounds; handled++)
        {
            var (seen, release) = (new Collected<Delivery>(), new Signal());
            var consumer = await broker.ConsumeAsync(queue, async delivery =>
            {
                seen.Add(delivery);
                if (seen.Count < Many + 1 - handled)
                    return;
                await release.Task;
                // As many words to the broker as a stop may have to say, and the one that counts at their end.
                foreach (var each in seen.All.SkipLast(1))
                    await each.ReleaseAsync();
                await delivery.AckAsync();
            }, new() { AckMode = AckMode.Manual, Prefetch = 100 });
            await seen.ReachAsync(Many + 1 - handled);
            release.Set();
            await consumer.StopAsync().InTime();
        }

        Assert.Equal(Many - Rounds, (await probe.DrainAsync(queue)).Count);
    }
}
