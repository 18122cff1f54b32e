using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Consume filters: around handlers, batches and servers, with the verdicts and the policy of a handler.</summary>
public sealed class ConsumeFilterTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(AckMode.AfterHandler)]
    [InlineData(AckMode.Manual)]
    public async Task A_message_that_a_filter_keeps_from_its_handler_is_acknowledged(AckMode mode)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var handled = new Collected<string>();
        var options = new ConsumerOptions { AckMode = mode, Filters = [new Filter((delivery, next, token) => delivery.GetText() == "no" ? default : next(delivery, token))] };
        await using (var consumer = await broker.ConsumeAsync(
            queue,
            async delivery =>
            {
                if (mode == AckMode.Manual)
                    await delivery.AckAsync();
                handled.Add(delivery.GetText());
            },
            options))
        {
            await broker.SendAllAsync(queue, ["no", "yes", "no", "last"]);
            await handled.ReachAsync(2);
        }

        Assert.Equal(["yes", "last"], handled.All);
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_filter_that_throws_follows_the_failure_policy_and_is_called_for_each_attempt()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (failed, calls) = (probe.Failed(queue), new Collected<string>());
        await using var consumer = await broker.ConsumeAsync(queue, _ => { }, new()
        {
            FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(1)),
            Filters =
            [
                new Filter((delivery, _, _) =>
                {
                    calls.Add(delivery.GetText());
                    throw new UnauthorizedAccessException("mine");
                }),
            ],
        });

        await broker.SendAsync(queue, "x").InTime();

        await failed.WaitForCountAsync(1);
        await consumer.StopAsync().InTime();
        Assert.Equal(3, calls.Count);
        Assert.Equal("mine", Assert.Single(await failed.TakeAsync()).Header("x-parked-exception-message"));
    }

    [Fact]
    public async Task A_batch_is_filtered_as_a_whole()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var handled = new Collected<int>();
        await broker.SendAllAsync(queue, Clients.Numbers(20));

        await using (var consumer = await broker.ConsumeBatchesAsync(
            queue,
            batch =>
            {
                handled.Add(batch.Count);
                return Task.CompletedTask;
            },
            size: 10, maxWait: TimeSpan.FromMinutes(10), new() { Filters = [new Halve()] }))
        {
            await handled.ReachAsync(2);
        }

        Assert.Equal([5, 5], handled.All);
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public async Task A_served_request_is_filtered_and_its_caller_told_what_a_filter_throws_or_keeps_back()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = (await broker.DeclareQueueAsync().InTime()).Name;
        await using var server = await broker.ServeAsync(queue, _ => Message.FromText("reply"), new()
        {
            Filters =
            [
                new Filter((delivery, next, token) => delivery.GetText() switch
                {
                    "throw" => throw new UnauthorizedAccessException("mine"),
                    "keep" => default,
                    _ => next(delivery, token),
                }),
            ],
        });

        var reply = await broker.CallAsync(queue, "pass", TimeSpan.FromSeconds(10)).InTime();
        var thrown = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "throw", TimeSpan.FromSeconds(10)).InTime());
        var kept = await Assert.ThrowsAsync<CallException>(() => broker.CallAsync(queue, "keep", TimeSpan.FromSeconds(10)).InTime());

        Assert.Equal("reply", reply.GetText());
        Assert.Equal((CallFailure.RemoteError, "mine"), (thrown.Reason, thrown.RemoteErrorMessage));
        Assert.Contains("a filter did not call it", kept.RemoteErrorMessage, StringComparison.Ordinal);
    }

    private sealed class Filter(Func<Delivery, ConsumeNext, CancellationToken, ValueTask> handle) : IConsumeFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken) => handle(delivery, next, cancellationToken);
    }

    private sealed class Halve : IBatchFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken) => next(delivery, cancellationToken);

        public ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken) =>
            next([.. deliveries.Take(deliveries.Count / 2)], cancellationToken);
    }
}
