using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>A message beyond the client's limit closes the connection; consumed again it would come again, without an end.</summary>
public sealed class TooLargeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_message_that_is_too_large_ends_the_consumer_by_name_and_loses_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxInboundMessageBytes = 1024);
        var queue = await broker.DeclareAsync(probe);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });

        await broker.SendAsync(queue, new string('x', 2000)).InTime();
        var error = await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());
        await broker.SendAsync(queue, "after").InTime();

        Assert.Equal((ConsumerFailure.MessageTooLarge, queue), (error.Reason, error.Queue));
        Assert.Contains("MaxInboundMessageBytes (1,024)", error.Message, StringComparison.Ordinal);
        Assert.Equal([2000, 5], (await probe.DrainAsync(queue)).Select(message => message.Body.Length));
    }

    [Fact]
    public async Task A_loop_ends_by_the_same_name()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.MaxInboundMessageBytes = 1024);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, new string('x', 2000)).InTime();

        var error = await Assert.ThrowsAsync<ConsumerException>(async () =>
        {
            await foreach (var _ in broker.ReadAsync(queue))
            {
            }
        }).InTime();

        Assert.Equal(ConsumerFailure.MessageTooLarge, error.Reason);
    }
}
