using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>C5: poison neither loops nor keeps the good ones from being handled; it ends in the parking queue, and is acknowledged only there.</summary>
[Trait("Promise", "C5")]
public sealed class PoisonTests(BrokerFixture brokers)
{
    // For all good ones of a queue, or for what one process does.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(Promise.Figure(pr: 20, night: 120, release: 300));

    public static MatrixTheoryData<QueueType, string> KindsByQueue { get; } = new(
        [QueueType.Classic, QueueType.Quorum], Handled.Select(kind => kind.Name));

    private static IEnumerable<Poison> Handled => [Poison.Throws, Poison.Undecodable, Poison.TooLarge, Poison.Hangs];

    [Theory]
    [MemberData(nameof(KindsByQueue))]
    public async Task Poison_is_parked_after_its_attempts_and_all_good_ones_are_handled(QueueType type, string name)
    {
        var kind = Handled.Single(each => each.Name == name);
        var run = new PromiseRun($"C5 {name}", brokers.Shared);
        var (count, poison) = (Promise.Figure(pr: 200, night: 10_000, release: 50_000), Promise.Figure(pr: 5, night: 100, release: 500));
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var client = await brokers.Shared.ConnectAsync(options => options.MaxInboundMessageBytes = Poison.MostBytes);

        var clean = await ConsumeAsync(client, probe, type, kind, [.. Poison.None(count - poison)]);
        var (found, rate) = await ConsumeAsync(client, probe, type, kind, [.. kind.Among(count, poison)]);

        run.Conclude(poison, found.Bitten, found.Breaches, new
        {
            type, messages = count, poison, found.MostRuns, found.ParkedTwice, goodPerSecond = rate, clean = clean.Rate, ratio = Math.Round(rate / clean.Rate, 2),
        });
    }

    [Fact]
    public async Task One_that_kills_its_process_is_parked_when_a_quorum_queue_has_counted_enough_of_that()
    {
        var run = new PromiseRun("C5 kills", brokers.Shared);
        // Each of them costs 15 processes.
        var (count, poison) = (Promise.Figure(pr: 40, night: 1_000, release: 5_000), Promise.Figure(pr: 2, night: 20, release: 100));
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var sender = await brokers.Shared.ConnectAsync();
        var queue = await sender.DeclareAsync(probe);
        var parking = $"{queue}.failed";
        probe.Owns(parking);
        await sender.DeclareQueueAsync(parking).InTime();
        Message[] messages = [.. Poison.Kills.Among(count, poison)];
        await sender.SendManyAsync(queue, messages).InTime(60);
        // One at a time, so that a kill counts against no other message.
        await using var processes = new ConsumerProcesses("--prefetch", "1", "--poison", Poison.Prefix);

        var deaths = 0;
        var good = processes.HandleAsync(count - poison, TimeSpan.FromHours(1));
        while (deaths <= Poison.Kills.MostRuns * poison)
        {
            var process = await processes.StartAsync(brokers.Shared.Uri, queue);
            if (await Task.WhenAny(good, process.Gone).InTime(s_patience.TotalSeconds) == process.Gone)
            {
                deaths++;
                continue;
            }

            await process.StopAsync();
            break;
        }

        var runs = processes.Runs.ToLookup(each => each.Id);
        var handled = runs.Where(each => each.Any(single => single.EndedAt is not null)).Select(each => each.Key).ToHashSet();
        var found = PoisonCheck.Check(
            Poison.Kills, [.. messages.Select(message => message.MessageId!)], id => runs[id].Count(), handled,
            await probe.DrainAsync(parking), (await probe.DrainAsync(queue)).Count);
        run.Conclude(poison, found.Bitten, found.Breaches, new { messages = count, poison, deaths, found.MostRuns, found.ParkedTwice });
    }

    [Fact]
    public async Task Without_the_confirm_of_its_copy_poison_is_not_acknowledged()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var client = await proxy.ConnectAsync();
        var (queue, parking) = (await client.DeclareAsync(probe), await client.DeclareAsync(probe));
        await probe.PublishAsync(queue, "bad", "next");
        var confirm = proxy.On(Frames.Method("basic.ack").FromBroker().Number(1)).Hold();
        var acks = proxy.On(Frames.Method("basic.ack").FromClient()).Delay(TimeSpan.Zero);
        var runs = new Collected<string>();

        await using var consumer = await client.ConsumeAsync(queue, delivery =>
        {
            runs.Add(delivery.GetText());
            throw new InvalidOperationException("no luck");
        }, new() { Prefetch = 1, FailurePolicy = FailurePolicy.Park(parking) });
        await confirm.WaitForBiteAsync();
        await client.FindQueueAsync(queue).InTime(); // there and back again, which an ack would have been before
        Assert.Equal((1u, 1u, 0), (await probe.CountAsync(parking), await probe.CountAsync(queue), acks.Bites.Count));
        Assert.Equal(["bad"], runs.All);

        confirm.Lift();
        await acks.WaitForBiteAsync();
        Assert.Equal(["bad", "next"], await runs.ReachAsync(2));
        await consumer.StopAsync().InTime();
        Assert.Equal(["bad", "next"], (await probe.DrainAsync(parking)).Select(message => message.Text));
        Assert.Empty(await probe.DrainAsync(queue));
    }

    /// <summary>All of a queue, and how many good ones were handled in a second.</summary>
    private static async Task<(PoisonResult Found, double Rate)> ConsumeAsync(
        BrokerClient client, BrokerProbe probe, QueueType type, Poison kind, Message[] messages)
    {
        var (queue, parking) = (await client.DeclareAsync(probe, new() { Type = type }), await client.DeclareAsync(probe));
        await client.SendManyAsync(queue, messages).InTime(300);
        var good = messages.Count(message => !Poison.Is(message.MessageId));
        var (begun, handled, all) = (new ConcurrentDictionary<string, int>(), new ConcurrentDictionary<string, bool>(), new Tally());
        var began = TimeProvider.System.GetTimestamp();
        await using var consumer = await client.ConsumeAsync(queue, async (delivery, token) =>
        {
            var id = delivery.MessageId!;
            begun.AddOrUpdate(id, 1, static (_, times) => times + 1);
            _ = delivery.GetJson<int>();
            if (Poison.Is(id))
                await kind.HandleAsync(token);
            else if (handled.TryAdd(id, true))
                all.Add();
        }, new()
        {
            Concurrency = 8,
            HandlerTimeout = TimeSpan.FromMilliseconds(100),
            DrainTimeout = TimeSpan.FromSeconds(1),
            FailurePolicy = FailurePolicy.Retry(Poison.Attempts, TimeSpan.FromMilliseconds(1)).ThenPark(parking),
        });
        try
        {
            await all.ReachAsync(good, s_patience);
        }
        catch (TimeoutException)
        {
            // What is missing is found below.
        }

        var rate = Math.Round(all.Count / TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        // The last message was a good one, so that all poison is in hand by now.
        while (consumer.Status.InFlight > 0 && TimeProvider.System.GetElapsedTime(began) < s_patience)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await consumer.StopAsync().InTime();
        var found = PoisonCheck.Check(
            kind, [.. messages.Select(message => message.MessageId!)], id => begun.GetValueOrDefault(id), handled.Keys.ToHashSet(),
            await probe.DrainAsync(parking), (await probe.DrainAsync(queue)).Count);
        return (found, rate);
    }
}
