using Broker.Client.Benchmarks.Comparing;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>The callers of one work: the same loops for every library.</summary>
/// <param name="start">Starts one publish to the queue with this index; it is over when it is confirmed.</param>
/// <param name="work">How many callers, and what each may have under way.</param>
/// <param name="latencies">Every message's of a caller that awaits each, else those of each eighth.</param>
internal sealed class Callers(Func<int, Pending> start, PublishWork work, Latencies latencies)
{
    private volatile bool _failed;
    private long _end;

    /// <summary>Publishes for so long, then awaits what is under way; how many that made.</summary>
    public async Task<long> RunAsync(TimeSpan time)
    {
        _end = TimeProvider.System.GetTimestamp() + (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency);
        if (work.PerSecond > 0)
            return await PaceAsync();
        var counts = await Task.WhenAll(Enumerable.Range(0, work.Callers).Select(caller => Task.Run(() => CallAsync(caller))));
        return counts.Sum();
    }

    private async Task<long> CallAsync(int caller)
    {
        var window = work.WindowOfCaller;
        var ring = new Pending[window];
        var began = new long[window];
        var sampling = window == 1 ? 0 : 7;
        long sent = 0, awaited = 0;
        try
        {
            for (; !_failed; sent++)
            {
                var slot = (int)(sent % window);
                if (sent - awaited == window)
                {
                    await ring[slot];
                    if ((awaited++ & sampling) == 0)
                        latencies.Add(began[slot]);
                }

                if ((sent & sampling) == 0)
                {
                    began[slot] = TimeProvider.System.GetTimestamp();
                    if (began[slot] >= _end)
                        break;
                }

                ring[slot] = start((int)((caller + sent) % work.Queues));
            }

            for (; awaited < sent; awaited++)
                await ring[awaited % window];
        }
        catch
        {
            _failed = true;
            await DrainAsync(ring, awaited + 1, sent);
            throw;
        }

        return sent;
    }

    // The first failure is the one that is told; of the others none may be left unobserved.
    private static async Task DrainAsync(Pending[] ring, long awaited, long sent)
    {
        for (; awaited < sent; awaited++)
        {
            try
            {
                await ring[awaited % ring.Length];
            }
            catch (Exception error)
            {
                _ = error;
            }
        }
    }

    // A message that is late does not hold up the next. The timer is coarser than it is asked to be: each tick sends
    // what is due.
    private async Task<long> PaceAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var began = TimeProvider.System.GetTimestamp();
        var publishes = new List<Task>();
        while (TimeProvider.System.GetTimestamp() < _end && await timer.WaitForNextTickAsync())
        {
            for (var due = TimeProvider.System.GetElapsedTime(began).TotalSeconds * work.PerSecond; publishes.Count < due;)
                publishes.Add(OneAsync());
        }

        await Task.WhenAll(publishes);
        return publishes.Count;

        async Task OneAsync()
        {
            var began = TimeProvider.System.GetTimestamp();
            await start(0);
            latencies.Add(began);
        }
    }
}
