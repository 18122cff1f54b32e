namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Compares what was attempted with all that the queue held at the end, in the queue's order.</summary>
internal static class TotalQueue
{
    public static TotalQueueResult Check(IReadOnlyCollection<Attempt> attempts, IReadOnlyList<Arrival> arrivals)
    {
        var copies = arrivals.Where(arrival => arrival.Serial is not null).ToLookup(arrival => arrival.Serial!.Value);
        var known = attempts.ToDictionary(attempt => attempt.Serial);
        var confirmed = attempts.Where(attempt => attempt.Outcome == PublishOutcome.Confirmed).ToList();
        var duplicated = attempts.Select(attempt => (attempt.Cuts, Copies: copies[attempt.Serial].ToList())).Where(each => each.Copies.Count > 1).ToList();
        return new TotalQueueResult
        {
            Attempted = attempts.Count,
            Confirmed = confirmed.Count,
            Returned = Count(PublishOutcome.Returned),
            Rejected = Count(PublishOutcome.Rejected),
            NotSent = Count(PublishOutcome.NotSent),
            Unknown = Count(PublishOutcome.Unknown),
            Pending = Count(null),
            Arrived = arrivals.Count,
            Lost = confirmed.Count(attempt => !copies.Contains(attempt.Serial)),
            Recovered = attempts.Count(attempt => attempt.Outcome == PublishOutcome.Unknown && copies.Contains(attempt.Serial)),
            Unexpected = arrivals.Count(arrival => arrival.Serial is not { } serial || !known.TryGetValue(serial, out var attempt) || attempt.Outcome == PublishOutcome.NotSent),
            Duplicates = duplicated.Sum(each => each.Copies.Count - 1),
            UnderOtherId = attempts.Sum(attempt => copies[attempt.Serial].Count(copy => copy.MessageId is null || copy.MessageId != (attempt.MessageId ?? copies[attempt.Serial].First().MessageId))),
            UnconfirmedAtCuts = attempts.Sum(attempt => attempt.Cuts),
            Unexplained = duplicated.Sum(each => Math.Max(0, each.Copies.Count - 1 - each.Cuts)),
            Marked = arrivals.Count(arrival => arrival.Sending is not null),
            Unmarked = duplicated.Sum(each => each.Copies.Count - each.Copies.DistinctBy(copy => copy.Sending ?? 1).Count()),
            Inversions = Inversions(arrivals),
        };

        int Count(PublishOutcome? outcome) => attempts.Count(attempt => attempt.Outcome == outcome);
    }

    /// <summary>First appearances that come after one of a later call of the same producer.</summary>
    private static int Inversions(IReadOnlyList<Arrival> arrivals)
    {
        var latest = new Dictionary<int, int>();
        var seen = new HashSet<Serial>();
        var inversions = 0;
        foreach (var arrival in arrivals)
        {
            if (arrival.Serial is not { } serial || !seen.Add(serial))
                continue;
            if (latest.TryGetValue(serial.Producer, out var last) && serial.Number < last)
                inversions++;
            else
                latest[serial.Producer] = serial.Number;
        }

        return inversions;
    }
}
