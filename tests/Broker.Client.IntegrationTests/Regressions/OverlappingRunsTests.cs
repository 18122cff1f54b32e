using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// A message that came again while its handler still ran, because that did not heed its token, was given to another lane: two handlers had it
/// at once.
/// </summary>
public sealed class OverlappingRunsTests(BrokerFixture brokers)
{
    private static readonly ConsumerOptions s_options = new() { Concurrency = 4, DrainTimeout = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task A_message_that_comes_again_waits_until_its_handler_has_returned()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });
        var (began, others, gate) = (new Collected<ulong>(), new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            if (delivery.GetText() != "slow")
            {
                others.Add(delivery.GetText());
                return;
            }

            began.Add(delivery.DeliveryTag);
            await gate.Task;
        }, s_options);
        await broker.SendAsync(queue, "slow").InTime();
        await began.ReachAsync(1);

        relay.CutAll();
        await probe.WaitForCountAsync(queue, 0); // delivered again
        await probe.PublishAsync(queue, "one", "two", "three", "four"); // behind it
        await others.ReachAsync(4);
        Assert.Equal(1, began.Count);

        gate.Set();
        await began.ReachAsync(2);
        await consumer.StopAsync().InTime();
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task One_that_waits_so_goes_back_with_a_pause_and_with_a_stop()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });
        var (began, other, gate) = (new Collected<ulong>(), new Signal(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            if (delivery.GetText() != "slow")
            {
                other.Set();
                return;
            }

            began.Add(delivery.DeliveryTag);
            await gate.Task;
        }, s_options);
        await broker.SendAsync(queue, "slow").InTime();
        await began.ReachAsync(1);
        relay.CutAll();
        await probe.PublishAsync(queue, "other");
        await other.Task.InTime();

        await consumer.PauseAsync().InTime();
        await probe.WaitForCountAsync(queue, 1);
        await consumer.ResumeAsync().InTime();
        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync().InTime();

        await probe.WaitForCountAsync(queue, 1);
        gate.Set();
        Assert.Equal(1, began.Count);
    }
}
