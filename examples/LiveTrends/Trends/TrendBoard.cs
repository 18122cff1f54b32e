using System.Text.Json;
using Broker.Client;
using LiveTrends.Feed;
using LiveTrends.Push;

namespace LiveTrends.Trends;

/// <summary>What the page shows.</summary>
/// <param name="Trends">The lines.</param>
/// <param name="Posts">Posts that were counted since the board began.</param>
/// <param name="Latest">When the latest was written.</param>
/// <param name="Run">How often the board was begun anew.</param>
/// <param name="Broker">How the connection to the broker stands.</param>
/// <param name="Polling">From a post to its poll, in milliseconds.</param>
/// <param name="Queue">From there to the worker.</param>
/// <param name="Bus">From the worker to here.</param>
public sealed record Board(
    IReadOnlyList<Trend> Trends, long Posts, DateTimeOffset? Latest, int Run, string Broker, double? Polling, double? Queue, double? Bus);

/// <summary>
/// 3. The event bus: posts stay in the stream for an hour, and this is one subscriber of any number. It keeps no position of
/// its own, for its board is in memory: it begins with what was written in the last minutes, or where a replay wants it to.
/// </summary>
internal sealed class TrendBoard(BrokerClient broker, Latencies latencies, TopicSockets sockets) : IHostedService, IAsyncDisposable
{
    public const string Stream = "livetrends.events";

    private const int Lines = 10;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _turn = new(1); // one replay after the other
    private TrendWindow _window = new(); // under the lock, as what follows
    private StreamSubscription? _subscription;
    private int _run;

    public Board Look()
    {
        lock (_lock)
        {
            return new Board(
                _window.Top(Lines), _window.Posts, _window.Latest, _run, $"{broker.State}",
                latencies.Of(Way.Polling), latencies.Of(Way.Queue), latencies.Of(Way.Bus));
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await broker.DeclareStreamAsync(Stream, new StreamOptions { MaxAge = TimeSpan.FromHours(1) }, cancellationToken);
        await ReplayAsync(StreamOffset.Ago(TrendWindow.Step * TrendWindow.Steps), cancellationToken);
    }

    /// <summary>Begins the board anew, with what the stream has from there on.</summary>
    public async Task ReplayAsync(StreamOffset from, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_subscription is not null)
                await _subscription.DisposeAsync();
            lock (_lock)
            {
                _window = new TrendWindow();
                _run++;
            }

            _subscription = await broker.SubscribeAsync(
                Stream, "board", Handle, new StreamSubscriptionOptions { From = from, Store = new MemoryOffsetStore() }, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => _subscription?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
            await _subscription.DisposeAsync();
        _turn.Dispose();
    }

    private void Handle(Delivery delivery)
    {
        if (JsonSerializer.Deserialize<Post>(delivery.Body.Span, JsonSerializerOptions.Web) is not { } post)
            return;
        var isLive = DateTimeOffset.UtcNow - post.CreatedAt < TimeSpan.FromSeconds(10); // of a replay it would be how old it is
        if (isLive)
            latencies.Add(Way.Bus, Stamp.Since(delivery, Stamp.Published));
        lock (_lock)
            _window.Add(post.Id, post.Topics(), post.CreatedAt);
        if (isLive)
            sockets.Publish(post);
    }
}
