using System.Runtime.InteropServices;
using Broker.Client.IntegrationTests.Brokers;

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

    private static object Figures(IEnumerable<(string Way, TimeSpan Took)> cycles)
    {
        var seconds = cycles.Select(cycle => Math.Round(cycle.Took.TotalSeconds, 3)).Order().ToArray();
        return new { cycles = seconds.Length, median = seconds[seconds.Length / 2], longest = seconds[^1] };
    }
}
