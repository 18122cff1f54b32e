namespace LiveTrends.Trends;

/// <summary>One line of the board.</summary>
/// <param name="Topic">Which topic.</param>
/// <param name="Count">Posts within the window.</param>
/// <param name="Rise">By how many places it has risen since the last step of the window; below 0 it has fallen, null is new.</param>
/// <param name="Spark">Posts in each step of the window, the oldest first.</param>
public sealed record Trend(string Topic, int Count, int? Rise, IReadOnlyList<int> Spark);

/// <summary>
/// How often topics were written about within the last minutes. It goes by the time of the posts, not by the clock, so that a
/// replay shows the board as it was. Not for several threads at once.
/// </summary>
public sealed class TrendWindow
{
    /// <summary>Steps of the window.</summary>
    public const int Steps = 60;

    /// <summary>How long one is; the window is five minutes.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, int[]> _counts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal); // ids: the way here is at least once
    private readonly Queue<(long Step, string Id)> _ids = new();
    private Dictionary<string, int> _places = [];
    private long _now; // the step of the latest post

    /// <summary>Posts that were counted.</summary>
    public long Posts { get; private set; }

    /// <summary>When the latest of them was written.</summary>
    public DateTimeOffset? Latest { get; private set; }

    /// <summary>Counts a post, once.</summary>
    public void Add(string id, IEnumerable<string> topics, DateTimeOffset at)
    {
        var step = at.ToUnixTimeMilliseconds() / (long)Step.TotalMilliseconds;
        if (step <= _now - Steps || !_seen.Add(id))
            return;
        MoveTo(step);
        Posts++;
        Latest = Latest > at ? Latest : at;
        _ids.Enqueue((step, id));
        foreach (var topic in topics)
        {
            if (!_counts.TryGetValue(topic, out var counts))
                _counts[topic] = counts = new int[Steps];
            counts[step % Steps]++;
        }
    }

    /// <summary>The first ones, by count.</summary>
    public IReadOnlyList<Trend> Top(int most) =>
        [.. Ranked().Take(most).Select((each, place) => new Trend(
            each.Topic, each.Count,
            _places.TryGetValue(each.Topic, out var before) ? before - place : null,
            [.. Enumerable.Range(1, Steps).Select(step => each.Counts[(_now + step) % Steps])]))];

    private IEnumerable<(string Topic, int Count, int[] Counts)> Ranked() =>
        _counts.Select(static each => (each.Key, each.Value.Sum(), each.Value))
            .OrderByDescending(static each => each.Item2).ThenBy(static each => each.Key, StringComparer.Ordinal);

    private void MoveTo(long step)
    {
        if (step <= _now)
            return;
        _places = Ranked().Select(static (each, place) => (each.Topic, place)).ToDictionary(static each => each.Topic, static each => each.place);
        foreach (var counts in _counts.Values)
        {
            for (var over = Math.Max(_now + 1, step - Steps + 1); over <= step; over++)
                counts[over % Steps] = 0;
        }

        foreach (var gone in _counts.Where(static each => each.Value.Sum() == 0).Select(static each => each.Key).ToArray())
            _counts.Remove(gone);
        _now = step;
        while (_ids.TryPeek(out var oldest) && oldest.Step <= _now - Steps)
            _seen.Remove(_ids.Dequeue().Id);
    }
}
