using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>if-unused is a 540 for a quorum queue, which costs the connection and every consumer on it.</summary>
public sealed class DeleteIfUnusedTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Delete_if_unused_of_a_quorum_queue_leaves_the_connection_alone(bool isOurs)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = probe.NewName();
        if (isOurs)
            await broker.DeclareQueueAsync(queue);
        else
            await probe.DeclareAsync(queue, QueueKind.Quorum);
        var states = new Collected<BrokerConnectionState>();
        broker.StateChanged += (_, change) => states.Add(change.Current);
        var kept = new Collected<Delivery>();
        await using var consumer = await broker.ConsumeAsync(queue, kept.Add, new() { AckMode = AckMode.Manual });
        await broker.SendAsync(queue, "x").InTime();
        var delivery = (await kept.ReachAsync(1))[0];

        var error = await Record.ExceptionAsync(() => broker.DeleteQueueAsync(queue, ifUnused: true).InTime());

        Assert.True(isOurs ? error is ArgumentException : error is TopologyException, error?.ToString());
        Assert.True(await delivery.AckAsync(), error?.ToString());
        Assert.DoesNotContain(BrokerConnectionState.Connecting, states.All);
    }
}
