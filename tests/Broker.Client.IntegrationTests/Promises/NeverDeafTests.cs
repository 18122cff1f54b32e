using System.Runtime.InteropServices;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// C6: a consumer never goes silently deaf. Whatever is done to it, it handles messages again within five seconds, as the only consumer that the
/// broker counts for it, or it ends in an error that says why.
/// </summary>
[Collection(BrokerFixture.Faulty)]
[Trait("Promise", "C6")]
public sealed class NeverDeafTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_consumer_hears_again_after_all_that_makes_one_deaf()
    {
        var broker = await brokers.FaultyAsync();
        var run = new PromiseRun("C6", broker);
        var ways = Deafening.All.Where(way => way.Needs.All(need => broker.Lacks(need) is null)).ToList();
        var cycles = Math.Max(ways.Count, Promise.Figure(pr: 0, night: 160, release: 800));
        var (random, breaches, times) = (Promise.Random(), new List<string>(), new List<(string Way, TimeSpan Took)>());

        // The same consumer lives through it all, unless it does not.
        var listener = await Listener.StartAsync(broker);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            if (cycle % ways.Count == 0)
                random.Shuffle(CollectionsMarshal.AsSpan(ways));
            var way = ways[cycle % ways.Count];
            await way.ActAsync(listener);
            var took = await listener.TimeToHearAsync() ?? Timeout.InfiniteTimeSpan;
            var consumers = await listener.ConsumersAsync(s_limit);
            times.Add((way.Name, took));
            if (took == Timeout.InfiniteTimeSpan)
                breaches.Add($"{way.Name}: deaf, {listener.Consumer.Status.State}");
            else if (took > s_limit)
                breaches.Add($"{way.Name}: heard after {took.TotalSeconds:0.0} s");
            if (consumers != 1)
                breaches.Add($"{way.Name}: {consumers} consumers");
            if (took == Timeout.InfiniteTimeSpan || consumers != 1)
            {
                await listener.DisposeAsync();
                listener = await Listener.StartAsync(broker);
            }
        }

        await listener.DisposeAsync();
        run.Conclude(cycles, times.Count, breaches, times.GroupBy(each => each.Way).ToDictionary(way => way.Key, Figures));
    }

    [Fact]
    public async Task A_consumer_whose_queue_is_gone_and_not_its_own_to_declare_ends_with_that()
    {
        var broker = await brokers.FaultyAsync();
        var run = new PromiseRun("C6 gone", broker);
        var rounds = Promise.Figure(pr: 1, night: 20, release: 100);
        var (ended, breaches) = (new List<TimeSpan>(), new List<string>());
        for (var round = 0; round < rounds; round++)
        {
            await using var listener = await Listener.StartAsync(broker, ours: false);
            await listener.InterruptAsync(() => listener.Probe.DeleteAsync(listener.Queue));
            await listener.Logs.Captured.WaitForAsync(line => line.Id == 4011, s_limit * 4); // refused for the first time
            if (listener.Consumer.Completion.IsCompleted)
                breaches.Add("ended at once");
            listener.Clock.Move(TimeSpan.FromSeconds(61));
            var began = TimeProvider.System.GetTimestamp();
            var error = await Record.ExceptionAsync(() => listener.Consumer.Completion.InTime());
            ended.Add(TimeProvider.System.GetElapsedTime(began));
            if (error is not ConsumerException { Reason: ConsumerFailure.QueueNotFound })
                breaches.Add($"ended with {error}");
            if (listener.Consumer.Status.State != ConsumerState.Failed)
                breaches.Add($"ended as {listener.Consumer.Status.State}");
        }

        breaches.AddRange(ended.Where(took => took > s_limit).Select(took => $"ended after {took.TotalSeconds:0.0} s"));
        run.Conclude(rounds, ended.Count, breaches, new { longest = Math.Round(ended.Max().TotalSeconds, 3) });
    }

    [Fact]
    public async Task A_consumer_that_is_over_the_brokers_timeout_hears_again()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Control);
        var run = new PromiseRun("C6 timeout", broker);
        var rounds = Promise.Figure(pr: 1, night: 10, release: 50);
        var (times, breaches) = (new List<TimeSpan>(), new List<string>());
        await using var timeout = await ConsumerTimeout.ShortenAsync(broker);
        for (var round = 0; round < rounds; round++)
        {
            await using var listener = await Listener.StartAsync(broker);
            var hold = listener.Hold = new Signal();
            await listener.InterruptAsync(listener.SpeakAsync);
            listener.Hold = null;
            hold.Set();
            if (await listener.TimeToHearAsync() is { } took)
                times.Add(took);
            else
                breaches.Add($"deaf, {listener.Consumer.Status.State}");
            if (await listener.ConsumersAsync(s_limit) is var consumers and not 1)
                breaches.Add($"{consumers} consumers");
        }

        breaches.AddRange(times.Where(took => took > s_limit).Select(took => $"heard after {took.TotalSeconds:0.0} s"));
        run.Conclude(rounds, times.Count, breaches, new { longest = times.Select(static took => Math.Round(took.TotalSeconds, 3)).DefaultIfEmpty().Max() });
    }

    private static object Figures(IEnumerable<(string Way, TimeSpan Took)> cycles)
    {
        var seconds = cycles.Select(cycle => Math.Round(cycle.Took.TotalSeconds, 3)).Order().ToArray();
        return new { cycles = seconds.Length, median = seconds[seconds.Length / 2], longest = seconds[^1] };
    }
}
