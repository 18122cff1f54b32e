using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>S4: what is beyond a limit of its consumer reaches no handler and no filter, is put aside, and stops no queue.</summary>
public sealed class InboundLimitsTests(BrokerFixture brokers)
{
    private const int Limit = 1000;
    private const int Each = 5;

    /// <summary>A name, the message, why it is put aside, and whether its headers can be kept.</summary>
    private static readonly (BasicProperties Properties, int Bytes, string Reason, string Option, bool KeepsHeaders)[] s_hostile =
    [
        (new(), Limit + 1, "too-large", "MaxBodyBytes", true),
        (With(Enumerable.Range(0, 129).ToDictionary(number => $"h{number}", static number => (object?)number)), 1, "headers", "MaxHeaders", true),
        (With(new() { ["large"] = new byte[70_000] }), 1, "headers", "MaxHeaderBytes", true),
        (With(new() { ["large"] = new byte[100_000] }), 1, "headers", "MaxHeaderBytes", false),
        (With(new() { ["deep"] = Nested(9) }), 1, "headers", "MaxHeaderDepth", true),
        (With(new() { ["deep"] = Nested(25) }), 1, "headers", "MaxHeaderDepth", false),
    ];

    public static TheoryData<QueueType> Types => [QueueType.Quorum, QueueType.Classic];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task All_of_them_are_parked_unread_and_all_between_them_handled(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.LoggerFactory = logs);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type });
        var (failed, handled, filtered) = (probe.Failed(queue), new Collected<string>(), new Collected<string>());
        await PublishAsync(probe, queue);

        await using var consumer = await broker.ConsumeAsync(
            queue, delivery => handled.Add(delivery.GetText()), new() { MaxBodyBytes = Limit, Filters = [new Notes(filtered)] });
        await failed.WaitForCountAsync((uint)(s_hostile.Length * Each));
        await handled.ReachAsync(s_hostile.Length * Each);
        await consumer.StopAsync().InTime();

        Assert.Equal(Enumerable.Repeat("good", s_hostile.Length * Each), handled.All);
        Assert.Equal(handled.Count, filtered.Count);
        Assert.Empty(await probe.DrainAsync(queue));
        AssertParked(await failed.TakeAsync(), logs);
        Assert.Equal(0, consumer.Status.Restarts);
    }

    [Fact]
    public async Task A_batch_is_handled_without_them()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.LoggerFactory = logs);
        var queue = await broker.DeclareAsync(probe);
        var (failed, handled) = (probe.Failed(queue), new Collected<string>());
        await PublishAsync(probe, queue);

        await using var consumer = await broker.ConsumeBatchesAsync(
            queue,
            batch =>
            {
                foreach (var delivery in batch)
                    handled.Add(delivery.GetText());
                return Task.CompletedTask;
            },
            size: 10, TimeSpan.FromMilliseconds(50), new() { MaxBodyBytes = Limit });
        await failed.WaitForCountAsync((uint)(s_hostile.Length * Each));
        await handled.ReachAsync(s_hostile.Length * Each);
        await consumer.StopAsync().InTime();

        Assert.All(handled.All, text => Assert.Equal("good", text));
        AssertParked(await failed.TakeAsync(), logs);
    }

    [Fact]
    public async Task A_loop_and_a_fetch_never_see_one()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxInboundMessageBytes = 1024);
        var queue = await broker.DeclareAsync(probe);
        var failed = probe.Failed(queue);
        await PublishAsync(probe, queue, bytes: 1025);

        for (var number = 0; number < s_hostile.Length * 2; number++)
        {
            var delivery = await broker.GetAsync(queue).InTime();
            Assert.Equal("good", delivery!.GetText());
            await delivery.AckAsync();
        }

        var left = s_hostile.Length * (Each - 2);
        await foreach (var delivery in broker.ReadAsync(queue))
        {
            Assert.Equal("good", delivery.GetText());
            await delivery.AckAsync();
            if (--left == 0)
                break;
        }

        await failed.WaitForCountAsync((uint)(s_hostile.Length * Each));
        Assert.Equal(s_hostile.Length * Each, (await failed.TakeAsync()).Count);
    }

    [Fact]
    public async Task The_policy_may_dead_letter_them()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var dead = await broker.DeclareAsync(probe);
        var queue = await broker.DeclareAsync(probe, new QueueOptions { DeadLetterExchange = "", DeadLetterRoutingKey = dead });

        await using var consumer = await broker.ConsumeAsync(
            queue, _ => { }, new() { MaxBodyBytes = Limit, FailurePolicy = FailurePolicy.Retry().ThenDeadLetter() });
        await PublishAsync(probe, queue, without: 100_000);

        await probe.WaitForCountAsync(dead, (uint)(s_hostile.Length - 1) * Each);
    }

    // Of each kind so many, and a good one behind every one of them; by the driver, for our own client would refuse some.
    private static async Task PublishAsync(BrokerProbe probe, string queue, int bytes = 0, int without = int.MaxValue)
    {
        for (var round = 0; round < Each; round++)
        {
            foreach (var (properties, own, _, _, _) in s_hostile)
            {
                if (properties.Headers?.TryGetValue("large", out var value) == true && value is byte[] large && large.Length >= without)
                    continue;
                await probe.PublishAsync("", queue, properties, new string('x', own > 1 ? Math.Max(own, bytes) : own));
                await probe.PublishAsync(queue, "good");
            }
        }
    }

    private static void AssertParked(List<RawMessage> parked, CapturedLogs logs)
    {
        foreach (var (properties, bytes, reason, option, keepsHeaders) in s_hostile)
        {
            var same = parked.FindAll(message => message.Body.Length == bytes && (string?)message.Header("x-parked-reason") == reason
                && ((string)message.Header("x-parked-excess")!).Contains($"ConsumerOptions.{option} ", StringComparison.Ordinal)
                && (properties.Headers is null || properties.Headers.Keys.All(name => message.Properties.Headers!.ContainsKey(name)) == keepsHeaders));
            Assert.True(same.Count == Each, $"{same.Count} of {Each} were parked as '{reason}' by {option}, with headers kept: {keepsHeaders}.");
        }

        Assert.Equal(s_hostile.Length * Each, logs.Lines.Count(line => line.Id == 4018));
        Assert.DoesNotContain(logs.Lines, line => line.Id is 1001 or 4001 or 4005); // nothing was lost, and nothing could not be parked
    }

    private static BasicProperties With(Dictionary<string, object?> headers) => new() { Headers = headers };

    private static object Nested(int deep)
    {
        object nested = 1;
        for (var level = 0; level < deep; level++)
            nested = new Dictionary<string, object?> { ["in"] = nested };
        return nested;
    }

    private sealed class Notes(Collected<string> seen) : IConsumeFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
        {
            seen.Add(delivery.GetText());
            return next(delivery, cancellationToken);
        }
    }
}
