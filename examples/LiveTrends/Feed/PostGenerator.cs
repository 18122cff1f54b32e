using System.Globalization;

namespace LiveTrends.Feed;

/// <summary>Makes posts up: a few topics at any time, of which one bursts for a while.</summary>
public sealed class PostGenerator
{
    private const int Kept = 600;
    private const double PerSecond = 8;

    private static readonly string[] s_topics =
        ["espresso", "rabbits", "marathon", "eclipse", "chess", "jazz", "sourdough", "comets", "trains", "gardening", "volcano", "origami"];

    private static readonly string[] s_phrases =
        ["Nobody talks about {0} any more", "Just now: {0}", "I could read about {0} all day", "{0}, again", "Is it me or is it all {0} today?"];

    private readonly Lock _lock = new();
    private readonly Queue<Post> _posts = new();
    private readonly Random _random = new();
    private readonly string _run = Guid.NewGuid().ToString("n")[..6]; // ids of two runs differ
    private DateTimeOffset _until = DateTimeOffset.UtcNow.AddSeconds(-60);
    private int _count;

    /// <summary>The latest, oldest first, as an API would have them; more have been written since the last look.</summary>
    public IReadOnlyList<Post> Latest()
    {
        lock (_lock)
        {
            for (var now = DateTimeOffset.UtcNow; _until < now;)
            {
                _until += TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / PerSecond);
                _posts.Enqueue(Write(_until));
                if (_posts.Count > Kept)
                    _posts.Dequeue();
            }

            return [.. _posts];
        }
    }

    private Post Write(DateTimeOffset at)
    {
        // Every 20 seconds another topic bursts, and has every other post.
        var bursting = s_topics[at.ToUnixTimeSeconds() / 20 % s_topics.Length];
        var topic = _random.Next(2) == 0 ? bursting : s_topics[(int)(s_topics.Length * Math.Pow(_random.NextDouble(), 2))];
        var phrase = string.Format(CultureInfo.InvariantCulture, s_phrases[_random.Next(s_phrases.Length)], $"#{topic}");
        return new Post($"{_run}-{++_count}", phrase, at);
    }
}
