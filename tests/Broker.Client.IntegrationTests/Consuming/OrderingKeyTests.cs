using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Order within a key, and lanes in parallel across keys.</summary>
public sealed class OrderingKeyTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Messages_of_a_key_keep_their_order_and_those_of_another_do_not_wait_for_them()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (byKey, others, gate) = (new ConcurrentDictionary<string, ConcurrentQueue<int>>(), new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            var key = delivery.CorrelationId!;
            if (key == "held")
                await gate.Task;
            await Task.Yield();
            byKey.GetOrAdd(key, _ => new()).Enqueue(int.Parse(delivery.GetText()));
            others.Add(key);
        }, new() { Concurrency = 4, OrderingKey = delivery => delivery.CorrelationId, Prefetch = 400 });

        // Of a lane with the one that is held up there may be others; of all the rest everything gets through.
        for (var number = 0; number < 20; number++)
            foreach (var key in (string[])["held", "a", "b", "c", "d", "e", "f", "g"])
                _ = await broker.SendAsync(queue, new Message(System.Text.Encoding.UTF8.GetBytes($"{number}")) { CorrelationId = key }).InTime();
        var through = await others.ReachAsync(20);
        Assert.DoesNotContain("held", through);
        gate.Set();
        await others.ReachAsync(160);

        Assert.All(byKey, each => Assert.Equal(Enumerable.Range(0, 20), each.Value));
    }

    [Fact]
    public async Task A_message_without_a_key_is_handled_all_the_same()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(
            queue, delivery => seen.Add(delivery.GetText()), new() { Concurrency = 4, OrderingKey = _ => null });

        await broker.SendAllAsync(queue, Clients.Numbers(50));

        Assert.Equal(Clients.Numbers(50).Order(), (await seen.ReachAsync(50)).Order());
    }

    [Fact]
    public async Task A_key_that_throws_costs_its_message_alone_which_goes_where_a_failed_one_does()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var seen = new Collected<string>();
        await using var consumer = await broker.ConsumeAsync(
            queue, delivery => seen.Add(delivery.GetText()),
            new() { Concurrency = 4, OrderingKey = delivery => delivery.GetText() == "3" ? throw new FormatException("no key") : "key" });

        await broker.SendAllAsync(queue, Clients.Numbers(10));

        Assert.Equal(Clients.Numbers(10).Where(text => text != "3"), (await seen.ReachAsync(9)).Order());
        var failed = probe.Failed(queue);
        await failed.WaitForCountAsync(1);
        Assert.Equal("3", Assert.Single(await failed.TakeAsync()).Text);
    }
}
