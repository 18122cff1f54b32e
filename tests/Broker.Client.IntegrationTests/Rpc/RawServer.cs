using System.Text;
using System.Threading.Channels;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Rpc;

internal sealed record RawRequest(string Text, string ReplyTo, string? CorrelationId);

/// <summary>Takes requests and replies when told to, on plain RabbitMQ.Client.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly Channel<RawRequest> _requests = Channel.CreateUnbounded<RawRequest>();
    private readonly RawChannel _raw;

    private RawServer(RawChannel raw) => _raw = raw;

    public static async Task<RawServer> StartAsync(BrokerUnderTest broker, string queue)
    {
        var server = new RawServer(await RawChannel.OpenAsync(broker));
        var consumer = new AsyncEventingBasicConsumer(server._raw.Channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            server._requests.Writer.TryWrite(new RawRequest(
                Encoding.UTF8.GetString(delivery.Body.Span), delivery.BasicProperties.ReplyTo!, delivery.BasicProperties.CorrelationId));
            return Task.CompletedTask;
        };
        await server._raw.Channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return server;
    }

    public Task<RawRequest> NextAsync() => _requests.Reader.ReadAsync().InTime();

    public Task ReplyAsync(RawRequest request, string text, Dictionary<string, object?>? headers = null) => _raw.PublishAsync(
        "", request.ReplyTo, new BasicProperties { CorrelationId = request.CorrelationId, Headers = headers }, text).InTime();

    public ValueTask DisposeAsync() => _raw.DisposeAsync();
}
