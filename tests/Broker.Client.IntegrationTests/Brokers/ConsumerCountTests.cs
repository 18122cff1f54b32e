using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// What a passive declare tells of two consumers and three messages, which the library's watchdog judges by: not all who stand by, and of a
/// stream nothing.
/// </summary>
public sealed class ConsumerCountTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData("classic", false, 2, 1)]
    [InlineData("quorum", false, 2, 1)]
    [InlineData("classic", true, 2, 2)]
    [InlineData("quorum", true, 1, 2)]
    [InlineData("stream", false, 0, 0)]
    public async Task A_queue_tells_of_its_consumers_and_of_what_is_ready(string type, bool isSingleActive, int consumers, int ready)
    {
        brokers.Shared.Require(
            [.. type == "stream" ? [BrokerNeed.Streams] : Array.Empty<BrokerNeed>(), .. isSingleActive ? [BrokerNeed.SingleActiveConsumer] : Array.Empty<BrokerNeed>()]);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var other = await RawChannel.OpenAsync(brokers.Shared);
        var queue = probe.NewName();
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = type };
        if (isSingleActive)
            arguments["x-single-active-consumer"] = true;
        await raw.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);
        var delivered = new Collected<ulong>();
        await ConsumeOneAsync(raw.Channel, queue, delivered);
        await ConsumeOneAsync(other.Channel, queue, delivered);

        await probe.PublishAsync(queue, "1", "2", "3");
        await delivered.ReachAsync(isSingleActive ? 1 : 2);

        await probe.WaitForCountAsync(queue, (uint)ready);
        Assert.Equal((uint)consumers, await probe.ConsumersAsync(queue));
    }

    private static async Task ConsumeOneAsync(IChannel channel, string queue, Collected<ulong> delivered)
    {
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            delivered.Add(delivery.DeliveryTag);
            return Task.CompletedTask;
        };
        await channel.BasicQosAsync(0, 1, global: false);
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
    }
}
