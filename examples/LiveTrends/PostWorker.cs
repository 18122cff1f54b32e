using Broker.Client;
using Broker.Client.Hosting;
using LiveTrends.Feed;
using LiveTrends.Trends;

namespace LiveTrends;

/// <summary>
/// 2. The message broker: each post is handled by one worker, once it has acknowledged it is gone from the queue. Here it
/// goes on to the event bus, with a confirm, before that.
/// </summary>
internal sealed class PostWorker(IPublisher publisher, Latencies latencies) : IMessageHandler<Post>
{
    public const string Queue = "livetrends.posts";

    public async Task HandleAsync(Post message, Delivery delivery, CancellationToken cancellationToken)
    {
        latencies.Add(Way.Polling, (DateTimeOffset.UtcNow - message.CreatedAt).TotalMilliseconds - (Stamp.Since(delivery, Stamp.Polled) ?? 0));
        latencies.Add(Way.Queue, Stamp.Since(delivery, Stamp.Polled));
        var post = new Message(delivery.Body) { ContentType = "application/json", MessageId = message.Id };
        post.Headers[Stamp.Published] = Stamp.Now;
        await publisher.SendAsync(TrendBoard.Stream, post, cancellationToken: cancellationToken);
    }
}
