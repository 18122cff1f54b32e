using Broker.Client.IntegrationTests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>The header x-delivery-count of a quorum queue, which the library reads: 3.10 shows a 0 to who gets, and not to who consumes.</summary>
public sealed class QuorumCounterTests(BrokerFixture brokers)
{
    private long? AtFirstGet => brokers.Shared.MajorVersion < 4 ? 0 : null;

    [Fact]
    public async Task A_message_that_is_consumed_shows_a_count_from_its_second_delivery_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, QueueKind.Quorum);
        await probe.PublishAsync(queue, "text");
        var counts = new Collected<(long?, bool)>();
        var consumer = new AsyncEventingBasicConsumer(raw.Channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            counts.Add((CountOf(delivery.BasicProperties), delivery.Redelivered));
            await raw.Channel.BasicRejectAsync(delivery.DeliveryTag, requeue: counts.Count < 3);
        };

        await raw.Channel.BasicConsumeAsync(queue, autoAck: false, consumer);

        Assert.Equal([(null, false), (1, true), (2, true)], await counts.ReachAsync(3));
    }

    [Fact]
    public async Task A_message_that_is_fetched_shows_a_count_from_its_second_delivery_on()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, QueueKind.Quorum);
        await probe.PublishAsync(queue, "text");
        var counts = new List<(long?, bool)>();

        for (var time = 0; time < 3; time++)
        {
            var got = Assert.IsType<BasicGetResult>(await raw.Channel.BasicGetAsync(queue, autoAck: false));
            counts.Add((CountOf(got.BasicProperties), got.Redelivered));
            await raw.Channel.BasicRejectAsync(got.DeliveryTag, requeue: true);
            await probe.WaitForCountAsync(queue, 1);
        }

        Assert.Equal([(AtFirstGet, false), (1, true), (2, true)], counts);
    }

    private static long? CountOf(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue("x-delivery-count", out var count) == true ? Convert.ToInt64(count, null) : null;
}
