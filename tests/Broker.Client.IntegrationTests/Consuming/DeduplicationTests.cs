using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Deduplication where copies come from: a connection that is cut before the ack, and a publisher that sends again.</summary>
public sealed class DeduplicationTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task A_message_whose_ack_was_lost_with_its_connection_comes_again_and_is_handled_once(bool deduplicates, int expected)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var sender = await brokers.Shared.ConnectAsync();
        await using var broker = await relay.ConnectAsync();
        var queue = await sender.DeclareAsync(probe);
        var (handled, redelivered) = (new Collected<string>(), new Collected<bool>());
        var options = new ConsumerOptions { Filters = [new Notes(redelivered)] };
        if (deduplicates)
            options.Filters.Add(new DeduplicationFilter(new InMemoryDeduplicator()));
        await using var consumer = await broker.ConsumeAsync(
            queue,
            delivery =>
            {
                handled.Add(delivery.GetText());
                if (delivery.GetText() == "x" && !delivery.Redelivered)
                    relay.CutAll(); // its work is done, and its ack gets nowhere
            },
            options);

        await sender.SendAsync(queue, "x").InTime();
        await redelivered.ReachAsync(2);
        await sender.SendAsync(queue, "after").InTime();
        await redelivered.ReachAsync(3);
        await consumer.StopAsync().InTime();

        Assert.Equal(expected, handled.All.Count(text => text == "x"));
        Assert.Contains("after", handled.All);
        Assert.Contains(true, redelivered.All);
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task Copies_of_a_publisher_in_any_number_of_lanes_are_handled_once_and_nothing_else_is_left_out()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var handled = new Collected<string>();
        var failOnce = new HashSet<string>(["3", "7"]);
        await using var consumer = await broker.ConsumeAsync(
            queue,
            async (delivery, token) =>
            {
                await Task.Yield();
                lock (failOnce)
                    if (failOnce.Remove(delivery.MessageId!))
                        throw new TimeoutException();
                handled.Add(delivery.MessageId!);
            },
            new()
            {
                Concurrency = 8,
                FailurePolicy = FailurePolicy.Retry(delay: TimeSpan.FromMilliseconds(1)),
                Filters = [new DeduplicationFilter(new InMemoryDeduplicator())],
            });

        await broker.SendManyAsync(queue, Enumerable.Range(0, 300).Select(number => new Message { MessageId = $"{number % 100}" })).InTime(60);
        await handled.ReachAsync(100);
        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync().InTime();

        Assert.Equal(Clients.Numbers(100).Order(), handled.All.Order());
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    private sealed class Notes(Collected<bool> redelivered) : IConsumeFilter
    {
        public async ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
        {
            await next(delivery, cancellationToken);
            redelivered.Add(delivery.Redelivered);
        }
    }
}
