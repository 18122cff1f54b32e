using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>The queues of a group: there before it, and gone after it.</summary>
internal sealed class QueueSet : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    private readonly Group _group;
    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private QueueSet(Group group, IConnection connection, IChannel channel)
    {
        _group = group;
        _connection = connection;
        _channel = channel;
    }

    public static async Task<QueueSet> DeclareAsync(Group group)
    {
        var connection = await new ConnectionFactory { Uri = group.Uri }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var type = new Dictionary<string, object?> { ["x-queue-type"] = group.QueueType };
        for (var index = 0; index < group.Queues; index++)
        {
            await channel.QueueDeclareAsync(
                group.Queue(index), durable: true, exclusive: false, autoDelete: false, arguments: type);
        }

        await channel.ExchangeDeclareAsync(group.Exchange, "fanout", durable: true);
        await channel.QueueBindAsync(group.Queue(0), group.Exchange, "");
        return new QueueSet(group, connection, channel);
    }

    /// <summary>What the broker calls itself, with its version.</summary>
    public static async Task<string> BrokerAsync(Uri uri)
    {
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        return $"{Text("product")} {Text("version")}".Trim();

        string Text(string name) =>
            connection.ServerProperties?.TryGetValue(name, out var value) == true && value is byte[] bytes
                ? System.Text.Encoding.UTF8.GetString(bytes)
                : "";
    }

    /// <summary>How many messages a queue has when its last consumer has gone, and given back what it held.</summary>
    public async Task<long> CountAsync(string queue)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            var found = await _channel.QueueDeclarePassiveAsync(queue);
            if (found.ConsumerCount == 0 || TimeProvider.System.GetElapsedTime(began) > s_patience)
                return found.MessageCount;
            await Task.Delay(s_interval, TimeProvider.System);
        }
    }

    /// <summary>Empties a queue.</summary>
    public Task PurgeAsync(string queue) => _channel.QueuePurgeAsync(queue);

    /// <summary>Empties the queues, and tells how many messages were there.</summary>
    public async Task<long> PurgeAsync()
    {
        var messages = 0L;
        for (var index = 0; index < _group.Queues; index++)
            messages += await _channel.QueuePurgeAsync(_group.Queue(index));
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        for (var index = 0; index < _group.Queues; index++)
            await _channel.QueueDeleteAsync(_group.Queue(index));
        await _channel.ExchangeDeleteAsync(_group.Exchange);
        await _connection.DisposeAsync();
    }
}
