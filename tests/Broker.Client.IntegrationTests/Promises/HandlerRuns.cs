namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Compares what was published and what the queues hold at the end with the runs of the handlers.</summary>
internal static class HandlerRuns
{
    /// <param name="published">Queue and id of all that was confirmed.</param>
    /// <param name="left">Queue and id of all that the queues still hold: it was not acked.</param>
    /// <param name="runs">What the ledgers tell, those of all processes.</param>
    public static HandlerRunsResult Check(
        IReadOnlyCollection<(string Queue, string Id)> published, IReadOnlyCollection<(string Queue, string Id)> left, IReadOnlyCollection<HandlerRun> runs)
    {
        var stillThere = left.ToHashSet();
        var known = published.ToHashSet();
        var byMessage = runs.ToLookup(run => (run.Queue, run.Id));
        var byDelivery = runs.Where(run => run.Epoch is not null).GroupBy(run => (run.Life, run.Queue, run.Epoch, run.Tag));
        var gone = published.Where(message => !stillThere.Contains(message)).ToList();
        return new HandlerRunsResult
        {
            Published = published.Count,
            Left = left.Count,
            Runs = runs.Count,
            BrokenOff = runs.Count(run => run.EndedAt is null),
            Redelivered = runs.Count(run => run.Redelivered),
            WithoutEpoch = runs.Count(run => run.Epoch is null),
            Unexpected = byMessage.Count(message => !known.Contains(message.Key)),
            Lost = gone.Count(message => !byMessage[message].Any()),
            AckedWithoutEnd = gone.Count(message => byMessage[message].Any() && byMessage[message].All(run => run.EndedAt is null)),
            AgainThoughFresh = byMessage.Sum(message => message.OrderBy(run => run.BeganAt).Skip(1).Count(run => !run.Redelivered)),
            AgainOfOneDelivery = byDelivery.Sum(delivery => delivery.Count() - 1),
        };
    }

    /// <summary>Pairs of runs of fresh messages in two processes at one time.</summary>
    /// <param name="runs">Of one queue.</param>
    /// <param name="killedAt">Until when a process was alive for sure: so long ran what has no end.</param>
    public static int ConcurrentFresh(IEnumerable<HandlerRun> runs, Func<int, long> killedAt)
    {
        var (found, latest) = (0, new Dictionary<int, long>());
        foreach (var run in runs.Where(run => !run.Redelivered).OrderBy(run => run.BeganAt))
        {
            found += latest.Count(other => other.Key != run.Life && other.Value > run.BeganAt);
            latest[run.Life] = Math.Max(latest.GetValueOrDefault(run.Life), run.EndedAt ?? killedAt(run.Life));
        }

        return found;
    }
}
