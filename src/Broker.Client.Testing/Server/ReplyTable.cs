using System.Collections.Concurrent;

namespace Broker.Client.Testing;

/// <summary>
/// Direct reply-to: consumers of a pseudo queue, each known by a generated name that it puts into reply-to and that
/// another connection publishes to. Nothing is stored: a reply has a consumer or is unroutable.
/// </summary>
internal sealed class ReplyTable : IDisposable
{
    public const string Name = "amq.rabbitmq.reply-to";
    private const string Prefix = Name + ".";

    private readonly ConcurrentDictionary<string, ReplyConsumer> _consumers = new();
    private readonly VirtualHost _host;
    private readonly MessageQueue _queue;

    public ReplyTable(VirtualHost host)
    {
        _host = host;
        // Never declared and never filled; a delivery has to say which queue it is of.
        var gate = new Lock();
        var context = new QueueContext(host.Profile, TimeProvider.System, gate, new(gate))
        {
            DeadLetter = static (_, _) => { },
            Remove = static _ => { },
        };
        _queue = new(new(Name), new(), owner: null, context, new(limit: 0));
    }

    public static bool IsReplyKey(string exchange, string key) =>
        exchange.Length == 0 && key.StartsWith(Prefix, StringComparison.Ordinal);

    public bool Exists(string name) => name == Name || _consumers.ContainsKey(name);

    public ReplyConsumer Add(string tag, Unacked channel, IConsumer consumer)
    {
        var reply = new ReplyConsumer($"{Prefix}{Guid.NewGuid():N}", tag, channel, consumer);
        _consumers[reply.Key] = reply;
        return reply;
    }

    public void Dispose() => _queue.Dispose();

    public void Remove(ReplyConsumer consumer) => _consumers.TryRemove(consumer.Key, out _);

    public PublishResult Publish(string key, MessageProperties properties, ReadOnlyMemory<byte> body)
    {
        var message = PublishedMessage.Create("", key, properties, body);
        if (!_consumers.TryGetValue(key, out var reply)) return default;

        // The condition is asked at once and under the virtual host's lock, which delivery tags need: nothing waits.
        _host.Changes.UntilAsync(() =>
        {
            var record = new MessageRecord(message, Name, position: 0);
            reply.Consumer.Deliver(reply.Channel.Tagged(record, _queue, reply.Tag, noAck: true, subscription: null));
            return true;
        }, CancellationToken.None).GetAwaiter().GetResult();
        return new(Routed: 1, IsRejected: false);
    }
}

/// <summary>A channel's consumer of replies, which come to <see cref="Key"/>.</summary>
internal sealed record ReplyConsumer(string Key, string Tag, Unacked Channel, IConsumer Consumer);
