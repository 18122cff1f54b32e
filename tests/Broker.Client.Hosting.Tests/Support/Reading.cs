using System.Text;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Hosting.Tests.Support;

/// <summary>A queue with a typed consumer, and what became of what was put there: read, or parked.</summary>
internal sealed class Reading<TMessage> : IAsyncDisposable
{
    private readonly App _app;
    private readonly RawChannel _channel;

    private Reading(App app, RawChannel channel, BrokerProbe probe, string queue, Collected<TMessage> read) =>
        (_app, _channel, Failed, Queue, Read) = (app, channel, probe.Failed(queue), queue, read);

    public string Queue { get; }

    public Collected<TMessage> Read { get; }

    public FailedQueue Failed { get; }

    public static async Task<Reading<TMessage>> StartAsync(
        BrokerUnderTest broker, BrokerProbe probe, Action<IBrokerBuilder>? configure = null, string? contentType = null)
    {
        var (queue, read) = (probe.NewName(), new Collected<TMessage>());
        var app = App.Build(broker.Uri, builder =>
        {
            configure?.Invoke(builder);
            builder.ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddConsumer<TMessage>(
                queue,
                (_, message, _, _) =>
                {
                    read.Add(message);
                    return Task.CompletedTask;
                },
                contentType: contentType);
        });
        return new(await app.StartAsync(), await RawChannel.OpenAsync(broker), probe, queue, read);
    }

    public Task PutAsync(string? contentType, string body, string? type = null) => PutAsync(contentType, Encoding.UTF8.GetBytes(body), type);

    public async Task PutAsync(string? contentType, ReadOnlyMemory<byte> body, string? type = null)
    {
        var properties = new BasicProperties();
        if (contentType is not null)
            properties.ContentType = contentType;
        if (type is not null)
            properties.Type = type;
        await _channel.Channel.BasicPublishAsync("", Queue, mandatory: true, properties, body);
    }

    /// <summary>What was read of one message.</summary>
    public async Task<TMessage> ReadAsync(string? contentType, string body)
    {
        var before = Read.Count;
        await PutAsync(contentType, body);
        return (await Read.ReachAsync(before + 1))[^1];
    }

    /// <summary>Why one message was parked, which happens at its first attempt.</summary>
    public async Task<string> RefusalAsync(string? contentType, ReadOnlyMemory<byte> body)
    {
        await PutAsync(contentType, body);
        await Failed.WaitForCountAsync(1);
        var message = Assert.Single(await Failed.TakeAsync());
        Assert.Equal(1, message.Header("x-parked-attempts"));
        Assert.Equal(typeof(UndecodableMessageException).FullName, message.Header("x-parked-exception"));
        Assert.Equal(body.ToArray(), message.Body);
        return (string)message.Header("x-parked-exception-message")!; // parked with an exception, as was just seen
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _app.DisposeAsync();
    }
}
