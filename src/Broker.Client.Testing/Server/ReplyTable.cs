using System.Collections.Concurrent;

namespace Broker.Client.Testing;

/// <summary>
/// Direct reply-to: consumers of a pseudo queue, each known by a generated name that it puts into reply-to and that
/// another connection publishes to. Nothing is stored: a reply has a consumer, or is unroutable.
/// </summary>
internal sealed class ReplyTable(RabbitProfile profile)
{
    public const string Name = "amq.rabbitmq.reply-to";
    private const string Prefix = Name + ".";

    private readonly ConcurrentDictionary<string, ReplyConsumer> _consumers = new();
    private readonly string _own = $"{Prefix}{Guid.NewGuid():N}.";

    public static bool IsReplyKey(string exchange, string key) =>
        exchange.Length == 0 && key.StartsWith(Prefix, StringComparison.Ordinal);

    public bool Exists(string name) => name == Name || _consumers.ContainsKey(name);

    public ReplyConsumer Add(string tag, Unacked channel, IConsumer consumer)
    {
        var reply = new ReplyConsumer($"{_own}{Guid.NewGuid():N}", tag, channel, consumer);
        _consumers[reply.Key] = reply;
        return reply;
    }

    public void Remove(ReplyConsumer consumer) => _consumers.TryRemove(consumer.Key, out _);

    public PublishResult Publish(string key, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        var message = PublishedMessage.Create("", key, properties, body);
        if (_consumers.TryGetValue(key, out var reply))
            reply.Channel.DeliverReply(new(message, Name, position: 0), reply.Tag, reply.Consumer);
        else if (!profile.LateRepliesAreDropped || !key.StartsWith(_own, StringComparison.Ordinal))
            return default;
        return new(Routed: 1, IsRejected: false);
    }
}

/// <summary>A channel's consumer of replies, which come to <see cref="Key"/>.</summary>
internal sealed record ReplyConsumer(string Key, string Tag, Unacked Channel, IConsumer Consumer);
