using Broker.Client.IntegrationTests.Brokers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.IntegrationTests.Support;

/// <summary>A connection and a channel of plain RabbitMQ.Client, for what the probe does not do.</summary>
internal sealed class RawChannel : IAsyncDisposable
{
    private RawChannel(IConnection connection, IChannel channel) => (Connection, Channel) = (connection, channel);

    public IConnection Connection { get; }

    public IChannel Channel { get; }

    public static Task<RawChannel> OpenAsync(BrokerUnderTest broker) => OpenAsync(broker.Uri);

    public static async Task<RawChannel> OpenAsync(Uri uri)
    {
        var factory = new ConnectionFactory { Uri = uri, AutomaticRecoveryEnabled = false };
        var connection = await factory.CreateConnectionAsync("raw");
        return new RawChannel(connection, await connection.CreateChannelAsync());
    }

    /// <summary>Publishes without confirms: with them the driver would add a header of its own.</summary>
    public ValueTask PublishAsync(string exchange, string routingKey, BasicProperties properties, string text) =>
        Channel.BasicPublishAsync(exchange, routingKey, mandatory: false, properties, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>The broker's refusal of a step on a channel of its own, as "406 text"; null when it did not refuse.</summary>
    public async Task<string?> RefusalAsync(Func<IChannel, Task> step)
    {
        await using var channel = await Connection.CreateChannelAsync();
        try
        {
            await step(channel);
            return null;
        }
        catch (OperationInterruptedException error)
        {
            return $"{error.ShutdownReason?.ReplyCode} {error.ShutdownReason?.ReplyText}";
        }
    }

    /// <summary>What the broker says to this declaration, made on a channel of its own: null when the queue is like that.</summary>
    public Task<string?> RedeclareAsync(
        string queue, Dictionary<string, object?>? arguments, bool durable = true, bool exclusive = false, bool autoDelete = false) =>
        RefusalAsync(channel => channel.QueueDeclareAsync(queue, durable, exclusive, autoDelete, arguments));

    /// <summary>Consumes without a verdict; returns the consumer's tag.</summary>
    public Task<string> ConsumeAsync(string queue, Action<BasicDeliverEventArgs> seen)
    {
        var consumer = new AsyncEventingBasicConsumer(Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            seen(delivery);
            return Task.CompletedTask;
        };
        return Channel.BasicConsumeAsync(queue, autoAck: false, consumer);
    }

    /// <summary>Takes so many messages off the queue by consuming, which is far faster than getting them one by one.</summary>
    public async Task<string[]> TakeAsync(string queue, int count, double seconds = 20)
    {
        var taken = new Collected<string>();
        var consumer = new AsyncEventingBasicConsumer(Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            taken.Add(System.Text.Encoding.UTF8.GetString(delivery.Body.Span));
            return Task.CompletedTask;
        };
        var tag = await Channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        await taken.ReachAsync(count, seconds);
        await Channel.BasicCancelAsync(tag);
        return taken.All;
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await Connection.EndAsync();
    }
}
