namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What the lives of one subscriber come to, held against its stream.</summary>
internal sealed record SubscriberResult(string Subscriber, int Handled, int Again, int Stores, IReadOnlyList<string> Breaches);

/// <summary>
/// Checks a subscriber over all of its lives: every event is handled, in order and without a gap in each life; a life begins at the
/// position that was stored last, and no position that is stored is past an event that is not handled.
/// </summary>
internal static class SubscriberLives
{
    private const int MostBreaches = 5;

    /// <param name="subscriber">Its name.</param>
    /// <param name="events">What its stream holds, in order.</param>
    /// <param name="start">The offset that it begins with.</param>
    /// <param name="lives">What each of its processes has put down.</param>
    public static SubscriberResult Check(string subscriber, IReadOnlyList<StreamEvent> events, long start, IReadOnlyList<SubscriberLine[]> lives)
    {
        var breaches = new List<string>();
        var index = events.Select((each, number) => (each.Offset, number)).ToDictionary(each => each.Offset, each => each.number);
        var (first, handled, again, stores) = (IndexAt(start), 0, 0, 0);
        var done = first; // the first event that no life has handled
        long? stored = null, storing = null;
        foreach (var (life, lines) in lives.Index())
        {
            var next = first;
            foreach (var (step, offset, text) in lines)
            {
                switch (step)
                {
                    case SubscriberStep.From:
                        if (offset < 0 ? stored is not null : offset != stored && offset != storing)
                            Breach($"life {life} of {subscriber} began at {offset}, and {stored} was stored");
                        next = offset < 0 ? first : IndexAt(offset);
                        if (next > done)
                            Breach($"life {life} of {subscriber} began at {offset}, past {events[done].Offset}, which is not handled");
                        break;
                    case SubscriberStep.Handled when !index.TryGetValue(offset, out var at) || events[at].Text != text:
                        Breach($"life {life} of {subscriber} handled '{text}' at {offset}, which is not there");
                        break;
                    case SubscriberStep.Handled:
                        if (index[offset] != next)
                            Breach($"life {life} of {subscriber} handled {offset} where {(next < events.Count ? events[next].Offset : "nothing")} was next");
                        next = index[offset] + 1;
                        handled++;
                        again += next <= done ? 1 : 0;
                        done = Math.Max(done, next);
                        break;
                    case SubscriberStep.Storing:
                        if (IndexAt(offset) > next)
                            Breach($"life {life} of {subscriber} stored {offset}, past {(next < events.Count ? events[next].Offset : "the end")}, which is not handled");
                        storing = offset;
                        break;
                    case SubscriberStep.Stored:
                        (stored, storing) = (offset, null);
                        stores++;
                        break;
                }
            }
        }

        if (done < events.Count)
            Breach($"{subscriber} has handled nothing from {events[done].Offset} on");
        return new SubscriberResult(subscriber, handled, again, stores, breaches);

        int IndexAt(long offset)
        {
            var (low, high) = (0, events.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = events[middle].Offset < offset ? (middle + 1, high) : (low, middle);
            }

            return low;
        }

        void Breach(string what)
        {
            if (breaches.Count < MostBreaches)
                breaches.Add(what);
        }
    }
}
