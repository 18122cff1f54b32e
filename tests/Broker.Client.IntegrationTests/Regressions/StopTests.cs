using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>A stop began on another thread, and the lane took further messages before it did.</summary>
public sealed class StopTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_a_stop_from_inside_a_handler_no_further_handler_starts(int _)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(50));
        var seen = new Collected<string>();
        Consumer? self = null;
        var known = new Signal();

        self = await broker.ConsumeAsync(queue, async delivery =>
        {
            await known.Task;
            seen.Add(delivery.GetText());
            await self!.StopAsync();
        });
        await probe.WaitForCountAsync(queue, 0);
        known.Set();
        await self.Completion.InTime();

        Assert.Equal(["0"], seen.All);
        Assert.Equal(49, (await probe.DrainAsync(queue)).Count);
    }

    [Fact]
    public async Task The_policy_Stop_handles_nothing_after_the_message_that_failed()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(50));
        var (seen, gate) = (new Collected<string>(), new Signal());

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            await gate.Task;
            seen.Add(delivery.GetText());
            if (delivery.GetText() == "0")
                throw new InvalidOperationException("no luck");
        }, new() { FailurePolicy = FailurePolicy.Stop });
        await probe.WaitForCountAsync(queue, 0);
        gate.Set();
        await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());

        Assert.Equal(["0"], seen.All);
        Assert.Equal(50, (await probe.DrainAsync(queue)).Count);
    }
}
