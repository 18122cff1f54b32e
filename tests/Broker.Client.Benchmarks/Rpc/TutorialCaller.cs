using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.Benchmarks.Rpc;

/// <summary>The client of RabbitMQ's tutorial 6 for .NET: an exclusive reply queue, and GUIDs for correlation ids.</summary>
internal sealed class TutorialCaller(IConnection connection, IChannel channel, string queue) : ICaller
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<byte[]>> _calls = new();
    private string? _replyQueue;

    public static async Task<ICaller> ConnectAsync(Uri uri, string queue)
    {
        var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        var caller = new TutorialCaller(connection, await connection.CreateChannelAsync(), queue);
        await caller.StartAsync();
        return caller;
    }

    public async ValueTask CallAsync(ReadOnlyMemory<byte> body)
    {
        var id = Guid.NewGuid().ToString();
        var reply = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.TryAdd(id, reply);
        await channel.BasicPublishAsync(
            exchange: "", routingKey: queue, mandatory: true,
            basicProperties: new BasicProperties { CorrelationId = id, ReplyTo = _replyQueue }, body: body);
        await reply.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _replyQueue = (await channel.QueueDeclareAsync()).QueueName;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            if (delivery.BasicProperties.CorrelationId is { Length: > 0 } id && _calls.TryRemove(id, out var reply))
                reply.TrySetResult(delivery.Body.ToArray());
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(_replyQueue, autoAck: true, consumer);
    }
}
