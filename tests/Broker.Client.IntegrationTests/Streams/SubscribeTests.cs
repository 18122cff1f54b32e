using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>Subscribers of a stream: each with its own position, in order, and past no event that is not handled.</summary>
public sealed class SubscribeTests(BrokerFixture brokers)
{
    private static readonly string[] s_numbers = Clients.Numbers(100);

    [Fact]
    public async Task Each_subscriber_gets_every_event_in_order_at_its_own_pace()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers.Take(50));
        var (seen, late, gate) = (new Collected<string>(), new Collected<string>(), new Signal());

        await using var a = await broker.SubscribeAsync(stream, "a", delivery => seen.Add(delivery.GetText()));
        await using var b = await broker.SubscribeAsync(stream, "b", async delivery =>
        {
            await gate.Task;
            late.Add(delivery.GetText());
        });
        await broker.SendAllInOrderAsync(stream, s_numbers.Skip(50));

        Assert.Equal(s_numbers, await seen.ReachAsync(100));
        Assert.Empty(late.All);
        Assert.Equal(0, b.Position);
        gate.Set();
        Assert.Equal(s_numbers, await late.ReachAsync(100));
        await Eventually.IsTrueAsync("both positions", () => (a.Position, b.Position) == (100, 100));
    }

    [Fact]
    public async Task The_next_subscription_of_a_name_goes_on_where_the_last_one_ended()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        var seen = new Collected<string>();
        for (var life = 0; life < 3; life++)
        {
            await broker.SendAllInOrderAsync(stream, s_numbers.Skip(life * 10).Take(10));
            var subscription = await broker.SubscribeAsync(stream, "a", delivery => seen.Add(delivery.GetText()));

            Assert.Equal(s_numbers.Take(10 + (life * 10)), await seen.ReachAsync(10 + (life * 10)));
            await subscription.StopAsync().InTime();
            Assert.Equal((seen.Count, seen.Count), ((int)subscription.Position!, (int)subscription.StoredPosition!));
        }
    }

    [Fact]
    public async Task The_position_passes_no_event_whose_handler_still_runs_and_neither_does_what_is_stored()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var (seen, gate, store) = (new Collected<string>(), new Signal(), new MemoryOffsetStore());
        var options = new StreamSubscriptionOptions
        {
            Concurrency = 4, Store = store, StoreEvery = 1, DrainTimeout = TimeSpan.FromMilliseconds(300),
        };
        var subscription = await broker.SubscribeAsync(stream, "a", async (delivery, token) =>
        {
            if (delivery.StreamOffset == 30)
                await gate.Task.WaitAsync(token);
            seen.Add(delivery.GetText());
        }, options);

        await seen.ReachAsync(99);
        await Eventually.IsTrueAsync("all that can be stored", () => subscription.StoredPosition == 30);
        Assert.Equal(30, subscription.Position);
        await subscription.StopAsync().InTime();

        Assert.Equal(30, await store.ReadAsync(stream, "a"));
    }

    [Fact]
    public async Task An_event_that_fails_is_parked_beside_its_subscriber_and_those_behind_it_go_on()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers.Take(10));
        var (tries, seen) = (new Collected<string>(), new Collected<string>());

        await using var subscription = await broker.SubscribeAsync(stream, "a", delivery =>
        {
            tries.Add(delivery.GetText());
            if (delivery.GetText() == "3")
                throw new FormatException("three");
            seen.Add(delivery.GetText());
        }, new() { FailurePolicy = FailurePolicy.Retry(attempts: 3, delay: TimeSpan.FromMilliseconds(10)) });

        Assert.Equal(s_numbers.Take(10).Where(number => number != "3"), await seen.ReachAsync(9));
        Assert.Equal(3, tries.All.Count(number => number == "3"));
        var failed = new FailedQueue(probe, $"{stream}.a.failed");
        await failed.WaitForCountAsync(1);
        Assert.Equal("3", Assert.Single(await failed.TakeAsync()).Text);
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 10);
    }

    [Fact]
    public async Task A_subscriber_that_stops_at_a_failure_stays_before_the_event()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers.Take(10));
        var store = new MemoryOffsetStore();

        var subscription = await broker.SubscribeAsync(
            stream, "a", delivery => { if (delivery.StreamOffset == 4) throw new FormatException("four"); },
            new() { FailurePolicy = FailurePolicy.Stop, Store = store });

        var end = await Assert.ThrowsAsync<ConsumerException>(() => subscription.Completion.InTime());
        Assert.Equal(ConsumerFailure.HandlerFailed, end.Reason);
        Assert.Equal(4, await store.ReadAsync(stream, "a"));
        await broker.FindQueueAsync(stream).InTime(); // the connection is as it was
        Assert.Equal(0, subscription.Status.Restarts);
    }

    [Fact]
    public async Task Events_of_a_key_keep_their_order_in_parallel_lanes()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var (byKey, all) = (new ConcurrentDictionary<char, ConcurrentQueue<int>>(), new Collected<int>());

        await using var subscription = await broker.SubscribeAsync(stream, "a", async delivery =>
        {
            await Task.Yield();
            var number = int.Parse(delivery.GetText());
            byKey.GetOrAdd(delivery.GetText()[^1], _ => new()).Enqueue(number);
            all.Add(number);
        }, new() { Concurrency = 4, OrderingKey = delivery => delivery.GetText()[^1..] });

        await all.ReachAsync(100);
        Assert.Equal(10, byKey.Count);
        Assert.All(byKey.Values, numbers => Assert.Equal(numbers.Order(), numbers));
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 100);
    }

    [Fact]
    public async Task Batches_move_the_position_when_their_handler_has_returned()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var (seen, gate) = (new Collected<string>(), new Signal());

        await using var subscription = await broker.SubscribeBatchesAsync(stream, "a", async batch =>
        {
            foreach (var delivery in batch)
                seen.Add(delivery.GetText());
            if (seen.Count == 40)
                await gate.Task;
        }, size: 20, maxWait: TimeSpan.FromSeconds(30));

        await seen.ReachAsync(40);
        Assert.Equal(20, subscription.Position);
        gate.Set();
        Assert.Equal(s_numbers, await seen.ReachAsync(100));
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 100);
    }

    [Fact]
    public async Task A_stop_in_the_middle_loses_nothing_and_leaves_the_connection_as_it_was()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var other = new Collected<string>();
        await using var bystander = await broker.SubscribeAsync(stream, "b", delivery => other.Add(delivery.GetText()));
        var (seen, held) = (new Collected<string>(), new Signal());
        var first = await broker.SubscribeAsync(stream, "a", async delivery =>
        {
            seen.Add(delivery.GetText());
            if (seen.Count == 10)
                held.Set();
            await Task.Yield();
        });
        await held.Task.InTime();

        await first.StopAsync().InTime();
        var before = seen.Count;
        Assert.Equal(before, first.StoredPosition);
        await using var second = await broker.SubscribeAsync(stream, "a", delivery => seen.Add(delivery.GetText()));

        Assert.Equal(s_numbers, await seen.ReachAsync(100));
        await other.ReachAsync(100);
        Assert.Equal(0, bystander.Status.Restarts);
    }

    [Fact]
    public async Task Filters_stand_around_the_handler_of_a_subscription_and_around_its_batches()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, ["x", "kept back", "y"]);
        var (seen, many) = (new Collected<string>(), new Collected<string>());

        await using var a = await broker.SubscribeAsync(stream, "a", delivery => seen.Add(delivery.GetText()), new() { Filters = [new KeepBack()] });
        await using var b = await broker.SubscribeBatchesAsync(stream, "b", batch =>
        {
            foreach (var delivery in batch)
                many.Add(delivery.GetText());
            return Task.CompletedTask;
        }, 1, TimeSpan.FromSeconds(30), new() { Filters = [new KeepBack()] });

        await Eventually.IsTrueAsync("both positions", () => (a.Position, b.Position) == (3, 3));
        Assert.Equal(["x", "y"], seen.All);
        Assert.Equal(["x", "y"], many.All);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_told_by_name()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var error = await Assert.ThrowsAsync<ConsumerException>(
            () => broker.SubscribeAsync("test.no.such.stream", "a", _ => { }, new() { Store = new MemoryOffsetStore() }).InTime());

        Assert.Equal(ConsumerFailure.QueueNotFound, error.Reason);
    }

    private sealed class KeepBack : IBatchFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken) =>
            delivery.GetText() == "kept back" ? default : next(delivery, cancellationToken);

        public ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken) =>
            deliveries[0].GetText() == "kept back" ? default : next(deliveries, cancellationToken);
    }
}
