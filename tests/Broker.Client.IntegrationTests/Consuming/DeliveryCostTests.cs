using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>What a delivery costs in memory, from the socket to its acknowledgement. Alone, since the whole process is measured.</summary>
[Collection(Alone.Name)]
public sealed class DeliveryCostTests(BrokerFixture brokers)
{
    private const int Warm = 10_000;
    private const int Measured = 20_000;

    // Of 490 bytes for the smaller one the driver's own objects are 330, and the message's id and time 100. A body is copied once, into
    // memory of its own: with more bodies between the driver and us than the shared pool holds, each would cost another array.
    [Theory]
    [InlineData(16, 560)]
    [InlineData(1024, 1024 + 800)]
    public async Task A_delivery_allocates_its_body_and_little_more(int size, int most)
    {
        brokers.Shared.Require(BrokerNeed.Process); // one in this process would be measured too
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });
        await broker.SendManyAsync(queue, Enumerable.Repeat<Message>(new byte[size], Warm + Measured)).InTime(60);
        var (seen, before, after) = (0, 0L, new TaskCompletionSource<long>());

        await using var consumer = await broker.ConsumeAsync(queue, _ =>
        {
            if (++seen == Warm)
                before = GC.GetTotalAllocatedBytes();
            else if (seen == Warm + Measured)
                after.SetResult(GC.GetTotalAllocatedBytes());
        }, new ConsumerOptions { Prefetch = 256 });

        var bytes = (await after.Task.InTime(60) - before) / Measured;
        Assert.True(bytes <= most, $"A delivery of {size} bytes allocates {bytes} bytes, not at most {most}.");
    }
}
