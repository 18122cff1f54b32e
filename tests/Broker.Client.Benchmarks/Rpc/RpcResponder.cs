using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.Benchmarks.Rpc;

/// <summary>
/// What answers in all rounds, in a process of its own: an echo on plain RabbitMQ.Client, or on this library where the
/// name of the queue says so. Runs until its standard input ends.
/// </summary>
internal static class RpcResponder
{
    public static async Task<int> RunAsync(string queue)
    {
        var uri = RpcScenario.Broker;
        await using var running = queue.Contains("ours", StringComparison.Ordinal)
            ? await ServeAsync(uri, queue)
            : await EchoAsync(uri, queue);
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static async Task<IAsyncDisposable> ServeAsync(Uri uri, string queue)
    {
        var client = await BrokerClient.ConnectAsync(uri.OriginalString);
        await client.ServeAsync(queue, request => Message.FromBytes(request.Body), new ConsumerOptions { Prefetch = 1000 });
        return client;
    }

    private static async Task<IAsyncDisposable> EchoAsync(Uri uri, string queue)
    {
        var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        await channel.BasicQosAsync(0, 1000, global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, request) =>
        {
            var properties = new BasicProperties { CorrelationId = request.BasicProperties.CorrelationId };
            await channel.BasicPublishAsync("", request.BasicProperties.ReplyTo!, mandatory: false, properties, request.Body.ToArray());
            await channel.BasicAckAsync(request.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        return connection;
    }
}
