using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// L1: a stop takes no more, lets handlers finish, acknowledges and closes; and it ends by its deadline, whatever the broker does. What was begun
/// and fits the deadline is handled once.
/// </summary>
[Collection(BrokerFixture.Faulty)]
[Trait("Promise", "L1")]
public sealed class RollingStopTests(BrokerFixture brokers)
{
    private const int Workers = 4;
    private const int PerSecond = 450; // a little more than they handle, so that each has messages which it has not begun

    private static readonly StopWay[] s_ways = Enum.GetValues<StopWay>();
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_more = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Consumers_that_are_stopped_one_after_the_other_lose_nothing_and_repeat_nothing()
    {
        var run = new PromiseRun("L1", brokers.Shared);
        var stops = Promise.Figure(pr: 20, night: 400, release: 1000);
        var options = new ConsumerOptions { Concurrency = 2, Prefetch = 32, DrainTimeout = TimeSpan.FromSeconds(5) };
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var client = await brokers.Shared.ConnectAsync();
        var queue = await client.DeclareAsync(probe);
        var (published, handled, took) = (new PublishLedger(static () => 0), new HandlingLedger(), new List<(StopWay, TimeSpan)>());
        using var over = new CancellationTokenSource();
        var publishing = new Producers(client, queue, published).PublishAtRateAsync(producer: 0, PerSecond, over.Token);
        var workers = Enumerable.Range(0, Workers).Select(_ => new Worker(brokers.Shared, queue, handled, options)).ToArray();
        await Task.WhenAll(workers.Select(worker => worker.StartAsync()));

        for (var stop = 0; stop < stops; stop++)
        {
            // Every worker is stopped in every way.
            var (worker, way) = (workers[stop % Workers], s_ways[(stop + (stop / Workers)) % s_ways.Length]);
            await handled.Ended.ReachAsync(handled.Ended.Count + 20, s_patience);
            took.Add((way, await worker.StopAsync(way)));
            await worker.StartAsync();
        }

        await over.CancelAsync();
        await publishing;
        await HandleAllAsync(published, handled);
        await Task.WhenAll(workers.Select(worker => worker.StopAsync(StopWay.StopAsync)));
        var left = await probe.CountAsync(queue);
        await Task.WhenAll(workers.Select(worker => worker.DisposeAsync().AsTask()));

        var breaches = Breaches(published, handled, workers, took, options.DrainTimeout);
        if (handled.Repeated is { Count: > 0 } repeated)
            breaches.Add($"{repeated.Count} handled more than once");
        if (left > 0)
            breaches.Add($"{left} left in the queue");
        if (brokers.Shared.DelaysRetries && handled.Counted > 0) // before RabbitMQ 4.3 all that comes back is counted
            breaches.Add($"{handled.Counted} handed back so that the broker counts it");
        run.Conclude(stops, Math.Min(took.Count, handled.HandedBack > 0 ? stops : 0), breaches, new
        {
            messages = published.Confirmed.Count,
            handled.HandedBack,
            handled.Counted,
            longest = Longest(took),
        });
    }

    [Fact]
    public async Task Consumers_whose_broker_stands_still_stop_by_their_deadline()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        var run = new PromiseRun("L1 paused", broker);
        var rounds = Promise.Figure(pr: 2, night: 25, release: 50);
        var options = new ConsumerOptions { Concurrency = 2, Prefetch = 8, DrainTimeout = TimeSpan.FromSeconds(1) };
        await using var probe = await broker.ProbeAsync();
        await using var client = await broker.ConnectAsync();
        var queue = await client.DeclareAsync(probe);
        var (published, handled, took) = (new PublishLedger(static () => 0), new HandlingLedger(), new List<(StopWay, TimeSpan)>());
        var workers = s_ways.Select(_ => new Worker(broker, queue, handled, options)).ToArray();

        for (var round = 0; round < rounds; round++)
        {
            var hold = new Signal();
            await StartAsync(workers, hold);
            var number = round;
            await Task.WhenAll(Enumerable.Range(0, 60).Select(each => published.PublishAsync(client, queue, new Serial(number, each))));
            await Eventually.IsTrueAsync("handlers", () => workers.All(worker => worker.Handling == options.Concurrency));
            await broker.PauseAsync();
            var stopping = workers.Zip(s_ways, async (worker, way) => (way, await worker.StopAsync(way))).ToArray();
            // Every other time the handlers go on until their token is cancelled.
            if (round % 2 == 0)
                hold.Set();
            took.AddRange(await Task.WhenAll(stopping));
            await broker.ResumeAsync();

            await StartAsync(workers, hold: null);
            await HandleAllAsync(published, handled);
            await Task.WhenAll(workers.Select(worker => worker.StopAsync(StopWay.StopAsync)));
        }

        foreach (var worker in workers)
            await worker.DisposeAsync();
        run.Conclude(rounds * s_ways.Length, took.Count, Breaches(published, handled, workers, took, options.DrainTimeout), new
        {
            messages = published.Confirmed.Count,
            again = handled.Repeated.Count, // whose acks may not have been read
            longest = Longest(took),
        });
    }

    private static Task StartAsync(Worker[] workers, Signal? hold) => Task.WhenAll(workers.Select(worker =>
    {
        worker.Hold = hold;
        return worker.StartAsync();
    }));

    // What is missing in the end is told with all the rest.
    private static Task<Exception?> HandleAllAsync(PublishLedger published, HandlingLedger handled) => Record.ExceptionAsync(
        () => Eventually.IsTrueAsync("all handled", () => published.Attempts.All(attempt => handled.HasEnded(attempt.Serial)), s_patience)).AsTask();

    private static List<string> Breaches(
        PublishLedger published, HandlingLedger handled, Worker[] workers, List<(StopWay Way, TimeSpan Took)> took, TimeSpan deadline)
    {
        var breaches = took.Where(stop => stop.Took > deadline + s_more).Select(stop => $"{stop.Way} took {stop.Took.TotalSeconds:0.00} s").ToList();
        if (published.Attempts.Count(attempt => attempt.Outcome == PublishOutcome.Confirmed && !handled.HasEnded(attempt.Serial)) is > 0 and var lost)
            breaches.Add($"{lost} lost");
        if (workers.Sum(worker => worker.Late) is > 0 and var late)
            breaches.Add($"{late} handlers after the stop");
        return breaches;
    }

    private static Dictionary<StopWay, double> Longest(IEnumerable<(StopWay Way, TimeSpan Took)> took) =>
        took.GroupBy(stop => stop.Way).ToDictionary(way => way.Key, way => Math.Round(way.Max(stop => stop.Took).TotalSeconds, 3));
}
