using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>A queue as an asynchronous sequence.</summary>
public sealed class ReadTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_loop_reads_in_order_and_what_it_acknowledged_is_gone()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(200));

        var read = new List<string>();
        await foreach (var delivery in broker.ReadAsync(queue, new() { Prefetch = 10 }))
        {
            read.Add(delivery.GetText());
            await delivery.AckAsync();
            if (read.Count == 200)
                break;
        }

        Assert.Equal(Clients.Numbers(200), read);
        Assert.Empty(await probe.DrainAsync(queue));
        Assert.Equal(0u, await probe.ConsumersAsync(queue));
    }

    [Fact]
    public async Task Leaving_the_loop_hands_back_what_has_no_verdict_to_be_delivered_elsewhere()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        await using var other = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, Clients.Numbers(10));

        var read = 0;
        await foreach (var delivery in broker.ReadAsync(queue))
        {
            if (read++ < 3)
                await delivery.AckAsync();
            else
                break;
        }

        var seen = new Collected<string>();
        await using var consumer = await other.ConsumeAsync(queue, delivery => seen.Add(delivery.GetText()));
        Assert.Equal(Clients.Numbers(10).Skip(3), (await seen.ReachAsync(7)).Order());
    }

    [Fact]
    public async Task An_exception_in_the_loop_hands_back_too()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(queue, ["first", "second"]);

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var delivery in broker.ReadAsync(queue))
                throw new InvalidOperationException(delivery.GetText());
        });

        await probe.WaitForCountAsync(queue, 2);
        Assert.Equal(0u, await probe.ConsumersAsync(queue));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_ends_the_waiting(bool withCancellation)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        using var stop = new CancellationTokenSource();
        await broker.SendAsync(queue, "x").InTime();
        var sequence = withCancellation ? broker.ReadAsync(queue).WithCancellation(stop.Token) : broker.ReadAsync(queue, cancellationToken: stop.Token).WithCancellation(default);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var delivery in sequence)
            {
                await delivery.AckAsync();
                await stop.CancelAsync();
            }
        }).InTime();

        Assert.Empty(await probe.DrainAsync(queue));
        Assert.Equal(0u, await probe.ConsumersAsync(queue));
    }

    [Fact]
    public async Task A_missing_queue_is_named()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        await using var reading = broker.ReadAsync($"missing.{Guid.NewGuid():n}").GetAsyncEnumerator();

        var error = await Assert.ThrowsAsync<ConsumerException>(() => reading.MoveNextAsync().InTime());

        Assert.Equal(ConsumerFailure.QueueNotFound, error.Reason);
    }

    [Fact]
    public async Task A_disposed_client_ends_the_loop()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await using var reading = broker.ReadAsync(queue).GetAsyncEnumerator();
        var next = reading.MoveNextAsync().AsTask();
        await probe.WaitForConsumersAsync(queue, 1);

        await broker.DisposeAsync().InTime();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => next.InTime());
    }
}
