using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// What a channel holds unacknowledged is its own, with or without the consumer: a stop and a pause rest on it. Where the broker cancels, see
/// <see cref="ConsumerTimeoutTests"/>; otherwise it does so only for queues that are gone.
/// </summary>
public sealed class BasicCancelTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(QueueKind.Classic)]
    [InlineData(QueueKind.Quorum)]
    public async Task What_is_unacknowledged_stays_with_the_channel_over_a_cancel_and_goes_back_when_that_closes(QueueKind kind)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, kind);
        await probe.PublishAsync(queue, "acked", "kept", "left");
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await raw.Channel.BasicQosAsync(0, prefetchCount: 2, global: false);
        var tags = new Collected<ulong>();
        var consumer = await raw.ConsumeAsync(queue, delivery => tags.Add(delivery.DeliveryTag));
        await tags.ReachAsync(2);

        await raw.Channel.BasicCancelAsync(consumer);
        var left = await probe.DrainAsync(queue);
        await raw.Channel.BasicAckAsync(1, multiple: false);
        await probe.PublishAsync(queue, "new");
        var afterAck = await probe.DrainAsync(queue);
        await raw.DisposeAsync();
        await probe.WaitForCountAsync(queue, 1);

        Assert.Equal(["left"], left.Select(message => message.Text));
        Assert.Equal(["new"], afterAck.Select(message => message.Text));
        Assert.Equal([("kept", true)], (await probe.DrainAsync(queue)).Select(message => (message.Text, message.Redelivered)));
    }
}
