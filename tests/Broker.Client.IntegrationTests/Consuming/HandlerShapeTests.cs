using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Every shape of handler runs, and one that goes on after its first await is awaited before its message is acknowledged.</summary>
public sealed class HandlerShapeTests(BrokerFixture brokers)
{
    private delegate ValueTask<Consumer> Shape(BrokerClient broker, string queue, Func<Task> work, ConsumerOptions options);

    private static readonly Dictionary<string, Shape> s_asynchronous = new()
    {
        ["async d, token"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, async (_, _) => await work(), options),
        ["async d"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, async _ => await work(), options),
        ["Task of d, token"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, (_, _) => work(), options),
        ["Task of d"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, _ => work(), options),
        ["Task with a value of d"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, _ => TrueAfterAsync(work), options),
        ["ValueTask of d, token"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, (_, _) => new ValueTask(work()), options),
        ["ValueTask of d"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, _ => new ValueTask(work()), options),
        ["verdict of d, token"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, (_, _) => new ValueTask<bool>(TrueAfterAsync(work)), options),
        ["verdict of d"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, _ => new ValueTask<bool>(TrueAfterAsync(work)), options),
        ["method that returns Task"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, new Methods(work).HandleAsync, options),
        ["method that returns Task and takes a token"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, new Methods(work).HandleWithTokenAsync, options),
        ["method that returns ValueTask"] = (broker, queue, work, options) => broker.ConsumeAsync(queue, new Methods(work).HandleValueAsync, options),
    };

    private static readonly Dictionary<string, Func<BrokerClient, string, Action, ValueTask<Consumer>>> s_synchronous = new()
    {
        ["Action of d"] = (broker, queue, work) => broker.ConsumeAsync(queue, _ => work()),
        ["Action of d, token"] = (broker, queue, work) => broker.ConsumeAsync(queue, (_, _) => work()),
        ["block of d"] = (broker, queue, work) => broker.ConsumeAsync(queue, delivery => { work(); }),
    };

    public static TheoryData<string> Asynchronous => [.. s_asynchronous.Keys];

    public static TheoryData<string> Synchronous => [.. s_synchronous.Keys];

    [Theory]
    [MemberData(nameof(Asynchronous))]
    public async Task An_asynchronous_handler_is_awaited(string shape)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);
        var (started, gate) = (new Collected<int>(), new Signal());

        await using var consumer = await s_asynchronous[shape](broker, queue, async () =>
        {
            started.Add(0);
            await gate.Task;
        }, new() { Prefetch = 1 });

        await started.ReachAsync(1);
        await broker.FindQueueAsync(queue).InTime();
        Assert.Equal((1u, 1), (await probe.CountAsync(queue), started.Count));
        gate.Set();
        await started.ReachAsync(2);
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Theory]
    [MemberData(nameof(Synchronous))]
    public async Task A_synchronous_handler_runs_for_each_message(string shape)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var runs = new Collected<int>();

        await using var consumer = await s_synchronous[shape](broker, queue, () => runs.Add(0));
        await broker.SendAllAsync(queue, ["first", "second"]);

        await runs.ReachAsync(2);
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task A_handler_that_is_a_verb_gives_its_verdict()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var consumer = await broker.ConsumeAsync(queue, delivery => delivery.AckAsync(), new() { AckMode = AckMode.Manual, Prefetch = 1 });

        await broker.SendAllAsync(queue, Clients.Numbers(5));

        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
    }

    private static async Task<bool> TrueAfterAsync(Func<Task> work)
    {
        await work();
        return true;
    }

    private sealed class Methods(Func<Task> work)
    {
        public Task HandleAsync(Delivery delivery) => work();

        public Task HandleWithTokenAsync(Delivery delivery, CancellationToken cancellationToken) => work();

        public ValueTask HandleValueAsync(Delivery delivery) => new(work());
    }
}
