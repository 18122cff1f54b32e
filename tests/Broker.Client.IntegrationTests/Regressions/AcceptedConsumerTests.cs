using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>A consumer said that it was starting, for a moment after it had started.</summary>
public sealed class AcceptedConsumerTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_consumer_that_the_broker_has_accepted_says_so_at_once()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        for (var round = 0; round < 50; round++)
        {
            await using var consumer = await broker.ConsumeAsync(queue, static _ => { });
            Assert.Equal(ConsumerState.Consuming, consumer.Status.State);
        }
    }
}
