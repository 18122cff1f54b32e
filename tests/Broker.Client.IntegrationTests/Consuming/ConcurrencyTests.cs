using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>How much is under way at a time, and in which order.</summary>
public sealed class ConcurrencyTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task The_broker_hands_out_no_more_than_the_prefetch(ushort prefetch)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(20));
        var (started, gate) = (new Signal(), new Signal());

        await using var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            started.Set();
            await gate.Task;
        }, new() { Prefetch = prefetch });

        await started.Task.InTime();
        await probe.WaitForCountAsync(queue, 20u - prefetch);
        await broker.FindQueueAsync(queue).InTime();
        Assert.Equal(20u - prefetch, await probe.CountAsync(queue));
        gate.Set();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task So_many_handlers_run_as_was_asked_for_and_never_more(int concurrency)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (started, gate, handled) = (new Collected<int>(), new Signal(), new Collected<int>());
        var running = 0;
        await broker.SendAllAsync(queue, Clients.Numbers(200));

        await using var consumer = await broker.ConsumeAsync(queue, async _ =>
        {
            started.Add(Interlocked.Increment(ref running));
            await gate.Task;
            await Task.Yield();
            Interlocked.Decrement(ref running);
            handled.Add(0);
        }, new() { Concurrency = concurrency });

        // All of them wait at the gate together; one more would have come with the look-up's answer.
        await started.ReachAsync(concurrency);
        await broker.FindQueueAsync(queue).InTime();
        Assert.Equal(concurrency, started.Count);
        gate.Set();
        await handled.ReachAsync(200);
        Assert.Equal(concurrency, started.All.Max());
    }

    [Fact]
    public async Task One_handler_at_a_time_keeps_the_order_of_a_thousand()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(1000));
        var seen = new Collected<string>();

        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            await Task.Yield();
            seen.Add(delivery.GetText());
        });

        Assert.Equal(Clients.Numbers(1000), await seen.ReachAsync(1000));
    }

    [Fact]
    public async Task A_hundred_thousand_messages_of_eight_threads_are_handled_once_each_by_four_handlers()
    {
        const int Threads = 8;
        const int Each = 12_500;
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var runs = new int[Threads * Each];
        var handled = 0;
        var all = new Signal();
        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            Interlocked.Increment(ref runs[BitConverter.ToInt32(delivery.Body.Span)]);
            if (Interlocked.Increment(ref handled) == runs.Length)
                all.Set();
        }, new() { Concurrency = 4, Prefetch = 1000 });

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() => Task.WhenAll(
            Enumerable.Range(thread * Each, Each).Select(number => broker.SendAsync(queue, BitConverter.GetBytes(number)).AsTask()))))).InTime(60);
        await all.Task.InTime(60);
        await consumer.StopAsync().InTime();

        Assert.All(runs.CountBy(count => count), each => Assert.Equal((1, runs.Length), (each.Key, each.Value)));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_for_three_heartbeats_keeps_the_connection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Heartbeat = TimeSpan.FromSeconds(1));
        var queue = await broker.DeclareAsync(probe);
        var (changes, handled) = (new Collected<BrokerConnectionState>(), new Collected<bool>());
        broker.StateChanged += (_, change) => changes.Add(change.Current);
        using var never = new ManualResetEventSlim();
        await broker.SendAllAsync(queue, ["first", "second"]);

        await using var consumer = await broker.ConsumeAsync(queue, delivery =>
        {
            never.Wait(TimeSpan.FromSeconds(3.5)); // the work of a handler that knows no await
            handled.Add(delivery.Redelivered);
        }, new() { Concurrency = 2 });

        Assert.Equal([false, false], await handled.ReachAsync(2));
        await consumer.StopAsync().InTime();
        Assert.DoesNotContain(changes.All, state => state != BrokerConnectionState.Connected);
        Assert.Empty(await probe.DrainAsync(queue));
    }
}
