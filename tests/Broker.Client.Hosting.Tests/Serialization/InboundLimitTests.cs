using System.Collections.Concurrent;
using System.Text;
using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Hosting.Tests.Serialization;

/// <summary>S4 in a host: limits from the configuration, and no serializer that reads what is beyond them.</summary>
public sealed class InboundLimitTests(BrokerFixture brokers)
{
    [Fact]
    public async Task What_is_beyond_a_limit_of_the_configuration_is_parked_before_a_serializer_sees_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, lengths, handled) = (probe.NewName(), new Lengths(), new Collected<string>());
        var failed = probe.Failed(queue);
        await using var app = await App.Build(builder => builder.Services
            .AddBroker(Configured.Json($$"""
                { "Broker": {
                    "Uri": "{{brokers.Shared.Uri.OriginalString}}", "FailFast": true,
                    "Consumers": { "{{queue}}": { "MaxBodyBytes": 100, "MaxHeaders": 3, "MaxHeaderDepth": 0, "MaxHeaderBytes": 200 } } } }
                """).GetSection("Broker"))
            .AddSerializer(lengths).DeclareQueue(queue).AddConsumer<Order>(queue, (_, order, _, _) =>
            {
                handled.Add(order.Item);
                return Task.CompletedTask;
            })).StartAsync();

        BasicProperties[] hostile =
        [
            new() { Headers = Enumerable.Range(0, 4).ToDictionary(number => $"h{number}", static number => (object?)number) },
            new() { Headers = new Dictionary<string, object?> { ["deep"] = new List<object?> { 1 } } },
            new() { Headers = new Dictionary<string, object?> { ["large"] = new byte[200] } },
        ];
        await probe.PublishAsync(queue, new string('x', 101));
        foreach (var properties in hostile)
            await probe.PublishAsync("", queue, properties, "{}");
        await probe.PublishAsync(queue, "good");

        Assert.Equal(["good"], await handled.ReachAsync(1));
        await failed.WaitForCountAsync(4);
        await app.StopAsync();
        Assert.Equal([4], lengths.Read);
        Assert.Equal(["headers", "headers", "headers", "too-large"], (await failed.TakeAsync()).Select(message => message.Header("x-parked-reason")).Order());
    }

    /// <summary>Reads anything, and notes how long it was.</summary>
    private sealed class Lengths : IMessageSerializer
    {
        public ConcurrentQueue<int> Read { get; } = new();

        public string ContentType => "application/json";

        public ReadOnlyMemory<byte> Serialize<TMessage>(TMessage message) => throw new NotSupportedException();

        public TMessage? Deserialize<TMessage>(ReadOnlyMemory<byte> body)
        {
            Read.Enqueue(body.Length);
            return (TMessage)(object)new Order(0, Encoding.UTF8.GetString(body.Span));
        }
    }
}
