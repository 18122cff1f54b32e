using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>A message as the driver saw it.</summary>
public sealed record RawMessage(byte[] Body, IReadOnlyBasicProperties Properties, bool Redelivered, string Exchange, string RoutingKey)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public object? Header(string name) =>
        Properties.Headers?.TryGetValue(name, out var value) != true ? null
        : value is byte[] bytes ? Encoding.UTF8.GetString(bytes)
        : value;
}

/// <summary>
/// Looks at the broker with plain RabbitMQ.Client, so that a test does not ask the library about itself. Connects again
/// after the broker was killed; deletes what it named when disposed.
/// </summary>
public sealed class BrokerProbe : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    // The driver can hang where a channel is closed from both sides at once (upstream #1968); a test should say so by name.
    private static readonly TimeSpan s_driverPatience = TimeSpan.FromSeconds(60);
    private static int s_names;

    private readonly BrokerUnderTest _broker;
    private readonly ConnectionFactory _factory;
    private readonly List<string> _names = [];
    private IConnection _connection;

    private BrokerProbe(BrokerUnderTest broker, ConnectionFactory factory, IConnection connection) =>
        (_broker, _factory, _connection) = (broker, factory, connection);

    public static async Task<BrokerProbe> ConnectAsync(BrokerUnderTest broker)
    {
        var factory = new ConnectionFactory { Uri = broker.Uri, AutomaticRecoveryEnabled = false };
        return new BrokerProbe(broker, factory, await factory.CreateConnectionAsync("probe"));
    }

    /// <summary>A name that no other test has. A queue or an exchange of this name is deleted at the end, whoever declared it.</summary>
    public string NewName(string purpose = "queue")
    {
        var name = $"test.{purpose}.{Environment.ProcessId:x}.{Interlocked.Increment(ref s_names)}.{Guid.NewGuid():n}";
        Owns(name);
        return name;
    }

    /// <summary>A queue or an exchange of this name is deleted at the end.</summary>
    public void Owns(string name)
    {
        lock (_names)
            _names.Add(name);
    }

    public Task DeclareAsync(string queue, QueueKind kind = QueueKind.Classic, Dictionary<string, object?>? arguments = null) =>
        OnChannelAsync(channel => channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?>(arguments ?? []) { ["x-queue-type"] = kind == QueueKind.Quorum ? "quorum" : "classic" }));

    public Task DeclareExchangeAsync(string exchange, string type = ExchangeType.Fanout) =>
        OnChannelAsync(async channel =>
        {
            await channel.ExchangeDeclareAsync(exchange, type, durable: true, autoDelete: false);
            return true;
        });

    public Task BindAsync(string queue, string exchange, string routingKey = "") =>
        OnChannelAsync(async channel =>
        {
            await channel.QueueBindAsync(queue, exchange, routingKey);
            return true;
        });

    /// <summary>Persistent, mandatory and confirmed: throws when the message was not stored in a queue.</summary>
    public Task PublishAsync(string queue, params string[] texts) =>
        PublishAsync("", queue, new BasicProperties { Persistent = true }, texts);

    public async Task PublishAsync(string exchange, string routingKey, BasicProperties properties, params string[] texts)
    {
        await using var channel = await OpenAsync(confirms: true);
        foreach (var text in texts)
            await channel.BasicPublishAsync(exchange, routingKey, mandatory: true, properties, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Takes one message off the queue, or returns null when it is empty.</summary>
    public Task<RawMessage?> GetAsync(string queue) => OnChannelAsync(channel => GetAsync(channel, queue));

    /// <summary>Takes every message off the queue.</summary>
    public Task<List<RawMessage>> DrainAsync(string queue) =>
        OnChannelAsync(async channel =>
        {
            List<RawMessage> messages = [];
            while (await GetAsync(channel, queue) is { } message)
                messages.Add(message);
            return messages;
        });

    /// <summary>Messages that are ready; not those that a consumer holds.</summary>
    public async Task<uint> CountAsync(string queue) => (await LookAsync(queue)).MessageCount;

    public async Task<uint> ConsumersAsync(string queue) => (await LookAsync(queue)).ConsumerCount;

    public async Task<bool> ExistsAsync(string queue)
    {
        try
        {
            await LookAsync(queue);
            return true;
        }
        catch (OperationInterruptedException error) when (error.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return false;
        }
    }

    public Task WaitForCountAsync(string queue, uint count, TimeSpan? limit = null) =>
        WaitForAsync($"{count} messages in {queue}", async () => await CountAsync(queue), count, limit);

    public Task WaitForConsumersAsync(string queue, uint count, TimeSpan? limit = null) =>
        WaitForAsync($"{count} consumers on {queue}", async () => await ConsumersAsync(queue), count, limit);

    /// <summary>Waits until the queue holds more than so many messages.</summary>
    public async Task WaitForMoreThanAsync(string queue, uint count)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await CountAsync(queue) is var seen && seen <= count)
        {
            Assert.False(TimeProvider.System.GetElapsedTime(started) > s_patience, $"Waited for more than {count} messages in {queue}; last seen: {seen}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Waits until a queue that was deleted is there again, with a consumer.</summary>
    public Task WaitForConsumersOfNewQueueAsync(string queue, TimeSpan limit) =>
        WaitForAsync($"a consumer on a new {queue}", async () => await ExistsAsync(queue) ? await ConsumersAsync(queue) : 0, 1, limit);

    public Task DeleteAsync(string queue) => OnChannelAsync(channel => channel.QueueDeleteAsync(queue));

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var name in _names)
            {
                await OnChannelAsync(channel => channel.QueueDeleteAsync(name));
                await OnChannelAsync(async channel =>
                {
                    await channel.ExchangeDeleteAsync(name);
                    return true;
                });
            }
        }
        catch (Exception error) when (_broker.Lacks(BrokerNeed.Process) is null && error is RabbitMQClientException or IOException or OperationCanceledException)
        {
            // The broker is killed or paused; its data goes with it.
        }

        await _connection.EndAsync();
    }

    private static async Task<RawMessage?> GetAsync(IChannel channel, string queue) =>
        await channel.BasicGetAsync(queue, autoAck: true) is { } got
            ? new RawMessage(got.Body.ToArray(), got.BasicProperties, got.Redelivered, got.Exchange, got.RoutingKey)
            : null;

    private static async Task WaitForAsync(string what, Func<Task<uint>> look, uint expected, TimeSpan? limit)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await look() is var seen && seen != expected)
        {
            Assert.False(TimeProvider.System.GetElapsedTime(started) > (limit ?? s_patience), $"Waited for {what}; last seen: {seen}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private Task<QueueDeclareOk> LookAsync(string queue) => OnChannelAsync(channel => channel.QueueDeclarePassiveAsync(queue));

    /// <summary>A channel for each step: a step that the broker refuses closes its channel and disturbs no other.</summary>
    private Task<T> OnChannelAsync<T>(Func<IChannel, Task<T>> step)
    {
        return RunAsync().WaitAsync(s_driverPatience, TimeProvider.System);

        async Task<T> RunAsync()
        {
            await using var channel = await OpenAsync(confirms: false);
            return await step(channel);
        }
    }

    private async Task<IChannel> OpenAsync(bool confirms)
    {
        if (!_connection.IsOpen)
        {
            await _connection.EndAsync();
            _connection = await _factory.CreateConnectionAsync("probe");
        }

        return await _connection.CreateChannelAsync(new CreateChannelOptions(confirms, publisherConfirmationTrackingEnabled: confirms));
    }
}

/// <summary>What the probe declares. The library has a type of its own for this, which the probe must not use.</summary>
public enum QueueKind
{
    Classic,
    Quorum,
}
