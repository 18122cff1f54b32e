using System.Collections.Concurrent;
using System.Globalization;
using RabbitMQ.Client;

namespace Broker.Client.Benchmarks.Rpc;

/// <summary>
/// The best simple client that one writes on RabbitMQ.Client: direct reply-to, one channel, numbers for correlation
/// ids. No timeout, no return, no end when the connection goes, no bound.
/// </summary>
internal sealed class DriverCaller(IConnection connection, IChannel channel, string queue, string how) : ICaller, IAsyncBasicConsumer
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<byte[]>> _calls = new();
    private long _last;

    public IChannel Channel => channel;

    public static async Task<ICaller> ConnectAsync(Uri uri, string queue, string how = "")
    {
        var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        var caller = new DriverCaller(connection, await connection.CreateChannelAsync(), queue, how);
        await caller.Channel.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, caller);
        return caller;
    }

    public async ValueTask CallAsync(ReadOnlyMemory<byte> body)
    {
        var number = Interlocked.Increment(ref _last);
        var reply = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[number] = reply;
        var properties = new BasicProperties
        {
            CorrelationId = number.ToString(CultureInfo.InvariantCulture),
            ReplyTo = "amq.rabbitmq.reply-to",
        };
        if (how.Contains('p')) properties.Persistent = true;
        if (how.Contains('e')) properties.Expiration = "30000";
        await channel.BasicPublishAsync("", queue, mandatory: how.Contains('m'), properties, body);
        await reply.Task;
    }

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (long.TryParse(properties.CorrelationId, CultureInfo.InvariantCulture, out var number) && _calls.TryRemove(number, out var reply))
            reply.SetResult(body.ToArray());
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, RabbitMQ.Client.Events.ShutdownEventArgs reason) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }
}
