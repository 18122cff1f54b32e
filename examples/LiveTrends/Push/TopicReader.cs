using System.Threading.Channels;
using LiveTrends.Feed;

namespace LiveTrends.Push;

/// <summary>What one WebSocket has still to be sent: so much at the most, then the oldest give way to the newest.</summary>
public sealed class TopicReader
{
    /// <summary>How many posts wait at the most.</summary>
    public const int Room = 64;

    private readonly Channel<Post> _posts;
    private int _missed;

    public TopicReader() => _posts = Channel.CreateBounded<Post>(
        new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        _ => Interlocked.Increment(ref _missed));

    /// <summary>Each post, with how many before it were left out.</summary>
    public IAsyncEnumerable<(Post Post, int Missed)> All =>
        _posts.Reader.ReadAllAsync().Select(post => (post, Interlocked.Exchange(ref _missed, 0)));

    /// <summary>Never waits.</summary>
    public void Add(Post post) => _posts.Writer.TryWrite(post);

    public void End() => _posts.Writer.TryComplete();
}
