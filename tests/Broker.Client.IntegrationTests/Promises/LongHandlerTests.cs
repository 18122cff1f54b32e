using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// C7: a handler that would run longer than the broker waits for an ack is told before; one that has no limit costs a subscription, never the
/// consumer, and no message is in two handlers at once.
/// </summary>
[Collection(BrokerFixture.Faulty)]
[Trait("Promise", "C7")]
public sealed class LongHandlerTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(Promise.Figure(pr: 5, night: 10, release: 10));

    [Fact]
    public async Task One_with_a_limit_below_the_brokers_is_told_in_time_and_nothing_is_interrupted()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var timeout = await ConsumerTimeout.ShortenAsync(broker);
        await Task.WhenAll(TellAsync(broker, QueueType.Quorum), TellAsync(broker, QueueType.Classic));
    }

    [Fact]
    public async Task One_without_a_limit_has_the_consumer_subscribe_again_and_its_message_waits_until_it_has_returned()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        await using var timeout = await ConsumerTimeout.ShortenAsync(broker);
        await Task.WhenAll(OutliveAsync(broker, QueueType.Quorum), OutliveAsync(broker, QueueType.Classic));
    }

    private static async Task TellAsync(BrokerUnderTest broker, QueueType type)
    {
        var run = new PromiseRun("C7", broker);
        var count = Promise.Figure(pr: 4, night: 40, release: 200);
        await using var probe = await broker.ProbeAsync();
        await using var client = await broker.ConnectAsync();
        var (queue, parking) = (await client.DeclareAsync(probe, new QueueOptions { Type = type }), await client.DeclareAsync(probe));
        var (ledger, told) = (new RunLedger(), new Collected<TimeSpan>());
        var options = new ConsumerOptions { Concurrency = count, HandlerTimeout = ConsumerTimeout.Short / 2, FailurePolicy = FailurePolicy.Park(parking) };
        await using var consumer = await client.ConsumeAsync(queue, async (delivery, token) =>
        {
            ledger.Begin(delivery.GetText());
            told.Add(await Patience.TimedAsync(() => Task.Delay(s_long, TimeProvider.System, token).ContinueWith(static _ => { }, TaskScheduler.Default)));
            ledger.End(delivery.GetText());
            token.ThrowIfCancellationRequested();
        }, options);

        await client.SendAllAsync(queue, Clients.Numbers(count));
        await probe.WaitForCountAsync(parking, (uint)count, TimeSpan.FromSeconds(60));

        var parked = await probe.DrainAsync(parking);
        var breaches = new List<string>();
        if (told.All.Count(after => after >= ConsumerTimeout.Short) is > 0 and var late)
            breaches.Add($"{late} were not told in time");
        if (Clients.Numbers(count).Count(text => ledger.RunsOf(text) != 1) is > 0 and var repeated)
            breaches.Add($"{repeated} did not run once");
        if (parked.Count(message => message.Header("x-parked-exception") as string != typeof(TimeoutException).FullName) is > 0 and var others)
            breaches.Add($"{others} were parked for another reason");
        if (consumer.Status.Restarts > 0)
            breaches.Add($"{consumer.Status.Restarts} restarts");
        run.Conclude(count, told.Count, breaches, new { type, messages = count, longest = told.All.Max().TotalSeconds });
    }

    private static async Task OutliveAsync(BrokerUnderTest broker, QueueType type)
    {
        var run = new PromiseRun("C7", broker);
        var count = Promise.Figure(pr: 2, night: 8, release: 20);
        var enforces = type == QueueType.Quorum || !broker.DelaysRetries; // RabbitMQ 4.3 no longer does on classic queues
        await using var probe = await broker.ProbeAsync();
        await using var client = await broker.ConnectAsync();
        var queue = await client.DeclareAsync(probe, new QueueOptions { Type = type });
        var slow = Enumerable.Range(0, count).Select(number => $"slow {number}").ToArray();
        var (ledger, good, ended) = (new RunLedger(), new Collected<string>(), new Collected<string>());
        var options = new ConsumerOptions { Concurrency = count + 2, HandlerTimeout = Timeout.InfiniteTimeSpan };
        await using var consumer = await client.ConsumeAsync(queue, async delivery =>
        {
            var text = delivery.GetText();
            var times = ledger.Begin(text);
            if (text.StartsWith("slow", StringComparison.Ordinal) && times == 1)
                await Task.Delay(s_long, TimeProvider.System); // and heeds no token
            ledger.End(text);
            (text.StartsWith("slow", StringComparison.Ordinal) ? ended : good).Add(text);
        }, options);

        await client.SendAllAsync(queue, slow);
        var longestGap = TimeSpan.Zero;
        var wanted = enforces ? 2 * count : count; // enforced, none is acknowledged by its first run
        for (var sent = 1; ended.Count < wanted && sent < 100_000; sent++)
        {
            await client.SendAsync(queue, $"good {sent}").InTime();
            var gap = await Patience.TimedAsync(() => good.ReachAsync(sent));
            longestGap = gap > longestGap ? gap : longestGap;
        }

        await probe.WaitForCountAsync(queue, 0);
        await probe.WaitForConsumersAsync(queue, 1);
        var status = consumer.Status;
        await consumer.StopAsync().InTime();
        var left = (await probe.DrainAsync(queue)).Count;
        var breaches = new List<string>();
        if (ledger.Overlapping is { Count: > 0 } overlapping)
            breaches.Add($"{overlapping.Count} were in two handlers at once: {string.Join(", ", overlapping)}");
        if (slow.Where(text => ledger.RunsOf(text) != (enforces ? 2 : 1)).Select(text => $"{text}: {ledger.RunsOf(text)}").ToArray() is { Length: > 0 } uneven)
            breaches.Add($"runs: {string.Join(", ", uneven)}");
        if (left > 0)
            breaches.Add($"{left} left");
        run.Conclude(enforces ? 1 : 0, (int)status.Restarts, breaches, new { type, enforces, messages = count, good = good.Count, longestGap = longestGap.TotalSeconds });
    }
}
