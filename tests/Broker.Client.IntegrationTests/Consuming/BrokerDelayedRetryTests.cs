using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>The delay that quorum queues of RabbitMQ 4.3 have themselves, and what takes its place on older brokers.</summary>
public sealed class BrokerDelayedRetryTests(BrokerFixture brokers)
{
    private static readonly QueueOptions s_delayed = new() { DelayedRetry = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) };

    [Fact]
    public async Task A_queue_that_delays_is_used_where_the_broker_can_and_else_a_delay_queue()
    {
        brokers.Shared.Require(BrokerNeed.DelayedRetries);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_delayed);
        probe.Owns($"{queue}.retry.2000");
        var failed = probe.Failed(queue);
        var runs = new Collected<(int Count, long At)>();
        var policy = FailurePolicy.Retry(attempts: 3, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)).ThroughBroker();

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            runs.Add((delivery.DeliveryCount, TimeProvider.System.GetTimestamp()));
            throw new InvalidOperationException("no luck");
        }, new() { FailurePolicy = policy });
        await broker.SendAsync(queue, "x").InTime();

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        var all = runs.All;
        Assert.Equal([0, 1, 2], all.Select(run => run.Count));
        var delays = brokers.Shared.DelaysRetries;
        Assert.InRange(TimeProvider.System.GetElapsedTime(all[0].At, all[1].At).TotalSeconds, delays ? 0.9 : 1.9, delays ? 1.8 : 8);
        Assert.Equal(!delays, await probe.ExistsAsync($"{queue}.retry.2000"));
        Assert.Equal(3, Assert.Single(await failed.TakeAsync()).Header("x-parked-attempts"));
    }

    [Fact]
    public async Task What_goes_back_uncounted_is_not_delayed()
    {
        brokers.Shared.Require(BrokerNeed.DelayedRetries);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DelayedRetry = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)) });
        await broker.SendAsync(queue, "x").InTime();

        await (await broker.GetAsync(queue).InTime())!.ReleaseAsync().InTime();

        await probe.WaitForCountAsync(queue, 1);
        Assert.Equal("x", (await broker.GetAsync(queue).InTime())?.GetText());
    }

    [Fact]
    public async Task To_an_existing_queue_it_cannot_be_added()
    {
        brokers.Shared.Require(BrokerNeed.DelayedRetries);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        if (brokers.Shared.DelaysRetries)
            Assert.Equal(406, (await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareQueueAsync(queue, s_delayed).InTime())).ReplyCode);
        else
            await broker.DeclareQueueAsync(queue, s_delayed).InTime(); // accepted, and overlooked
    }
}
