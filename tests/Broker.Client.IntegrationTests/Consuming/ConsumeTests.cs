using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>How a consumer begins, and what its handler may do with the client.</summary>
public sealed class ConsumeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_missing_queue_is_named()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var missing = $"missing.{Guid.NewGuid():n}";

        var error = await Assert.ThrowsAsync<ConsumerException>(() => broker.ConsumeAsync(missing, _ => { }).InTime());

        Assert.Equal((ConsumerFailure.QueueNotFound, missing, (ushort)404), (error.Reason, error.Queue, error.ReplyCode));
        Assert.Contains($"'{missing}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_queue_that_another_consumer_has_for_itself_is_exclusive_use(bool firstIsExclusive)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });
        var seen = new Collected<string>();
        await using var first = await broker.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()), new() { Exclusive = firstIsExclusive });

        var error = await Assert.ThrowsAsync<ConsumerException>(() => broker.ConsumeAsync(queue, _ => { }, new() { Exclusive = !firstIsExclusive }).InTime());

        Assert.Equal((ConsumerFailure.ExclusiveUse, (ushort)403), (error.Reason, error.ReplyCode));
        await broker.SendAsync(queue, "to the first").InTime();
        Assert.Equal(["to the first"], await seen.ReachAsync(1));
    }

    [Fact]
    public async Task A_queue_that_another_client_has_for_itself_is_exclusive_use()
    {
        await using var owner = await brokers.Shared.ConnectAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = (await owner.DeclareQueueAsync().InTime()).Name;

        var error = await Assert.ThrowsAsync<ConsumerException>(() => broker.ConsumeAsync(queue, _ => { }).InTime());

        Assert.Equal((ConsumerFailure.ExclusiveUse, (ushort)405), (error.Reason, error.ReplyCode));
    }

    [Fact]
    public async Task A_consumer_of_higher_priority_is_served_first()
    {
        brokers.Shared.Require(BrokerNeed.Priorities);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (low, high) = (new Collected<string>(), new Collected<string>());
        await using var lower = await broker.ConsumeAsync(queue, delivery => low.Add(delivery.GetText()));
        await using var higher = await broker.ConsumeAsync(queue, delivery => high.Add(delivery.GetText()), new() { Priority = 5 }).InTime();

        await broker.SendAllAsync(queue, Clients.Numbers(20));

        Assert.Equal(Clients.Numbers(20), await high.ReachAsync(20));
        Assert.Empty(low.All);
    }

    [Fact]
    public async Task A_handler_may_declare_bind_publish_get_and_consume()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, other, exchange) = (await broker.DeclareAsync(probe), probe.NewName(), probe.NewName("exchange"));
        var (inner, seen) = (new Collected<Consumer>(), new Collected<string>());

        await using var consumer = await broker.ConsumeAsync(queue, async (delivery, token) =>
        {
            await broker.DeclareExchangeAsync(exchange, ExchangeKind.Fanout, cancellationToken: token);
            await broker.DeclareQueueAsync(other, cancellationToken: token);
            await broker.BindQueueAsync(other, exchange, cancellationToken: token);
            await broker.PublishAsync(exchange, "", $"{delivery.GetText()}, fetched", cancellationToken: token);
            var fetched = await broker.GetAsync(other, token);
            await fetched!.AckAsync();
            inner.Add(await broker.ConsumeAsync(other, each => seen.Add(each.GetText()), cancellationToken: token));
            await broker.PublishAsync(exchange, "", $"{fetched.GetText()}, consumed", cancellationToken: token);
        });
        await broker.SendAsync(queue, "x").InTime();

        Assert.Equal(["x, fetched, consumed"], await seen.ReachAsync(1));
        await consumer.StopAsync().InTime();
        Assert.Empty(await probe.DrainAsync(queue));
        // Begun in a handler, it lives beyond the consumer of that handler.
        await broker.SendAsync(other, "still there").InTime();
        await seen.ReachAsync(2);
        await inner.All[0].StopAsync().InTime();
    }

    [Fact]
    public async Task A_publish_in_a_synchronous_handler_that_blocks_for_it_does_not_deadlock()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (queue, other) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        await using var consumer = await broker.ConsumeAsync(
            queue, delivery => { broker.SendAsync(other, delivery.GetText()).AsTask().GetAwaiter().GetResult(); }, new() { Concurrency = 4 });

        await broker.SendAllAsync(queue, Clients.Numbers(50));

        await probe.WaitForCountAsync(other, 50);
    }
}
