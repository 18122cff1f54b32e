using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>After any interruption a subscriber goes on with the first event that is not handled: no gap, and nothing that was handled.</summary>
public sealed class SubscriptionReconnectTests(BrokerFixture brokers)
{
    private static readonly string[] s_numbers = Clients.Numbers(200);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task What_was_handled_does_not_come_again_though_its_handler_ended_after_the_cut(int concurrency)
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await probe.PublishAsync(stream, s_numbers[..100]);
        var (begun, seen, gate) = (new Collected<string>(), new Collected<string>(), new Signal());
        await using var subscription = await broker.SubscribeAsync(stream, "a", async delivery =>
        {
            begun.Add(delivery.GetText());
            if (delivery.StreamOffset == 20)
                await gate.Task; // whatever its token says
            seen.Add(delivery.GetText());
        }, new() { Concurrency = concurrency, Store = new MemoryOffsetStore() });
        await begun.ReachAsync(21);

        proxy.Connections[0].Reset();
        await probe.PublishAsync(stream, s_numbers[100..]);
        await Eventually.IsTrueAsync("the status", () => subscription.Status is { Restarts: 1, State: ConsumerState.Consuming });
        gate.Set();

        var all = await seen.ReachAsync(200);
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 200);
        Assert.Equal(s_numbers, concurrency == 1 ? all : all.OrderBy(int.Parse));
        Assert.Equal(200, begun.Count);
    }

    [Fact]
    public async Task An_event_whose_handler_gave_up_with_its_channel_comes_again()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await probe.PublishAsync(stream, s_numbers[..20]);
        var (begun, seen) = (new Collected<string>(), new Collected<string>());
        await using var subscription = await broker.SubscribeAsync(stream, "a", async (delivery, token) =>
        {
            begun.Add(delivery.GetText());
            if (begun.Count == 8)
                await Patience.ForeverAsync(token);
            seen.Add(delivery.GetText());
        }, new() { Store = new MemoryOffsetStore() });
        await begun.ReachAsync(8);

        proxy.Connections[0].Reset();

        Assert.Equal(s_numbers[..20], await seen.ReachAsync(20));
        Assert.Equal([.. s_numbers[..8], .. s_numbers[7..20]], begun.All);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_published_while_it_is_away_is_not_missed_even_where_nothing_came_before(bool subscribes)
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        var seen = new Collected<string>();
        Func<ConsumerStatus> status;
        if (subscribes)
        {
            var subscription = await broker.SubscribeAsync(
                stream, "a", delivery => seen.Add(delivery.GetText()), new() { From = StreamOffset.Next, Store = new MemoryOffsetStore() });
            status = () => subscription.Status;
        }
        else
        {
            var consumer = await broker.ConsumeAsync(stream, delivery => seen.Add(delivery.GetText()));
            status = () => consumer.Status;
        }

        relay.Refuse();
        relay.CutAll();
        await Eventually.IsTrueAsync("the status", () => status().State == ConsumerState.Recovering);
        await probe.PublishAsync(stream, s_numbers[..5]);
        relay.AcceptAgain();

        Assert.Equal(s_numbers[..5], await seen.ReachAsync(5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pause_leaves_nothing_out_and_repeats_nothing(bool inBatches)
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var (begun, seen, gate) = (new Collected<string>(), new Collected<string>(), new Signal());
        var options = new StreamSubscriptionOptions { Store = new MemoryOffsetStore(), Prefetch = 50 };
        await using var subscription = inBatches
            ? await broker.SubscribeBatchesAsync(stream, "a", async batch =>
            {
                foreach (var delivery in batch)
                    await HandleAsync(delivery);
            }, 7, TimeSpan.FromMilliseconds(50), options)
            : await broker.SubscribeAsync(stream, "a", HandleAsync, options);
        await begun.ReachAsync(11);

        await subscription.PauseAsync().InTime();
        await subscription.ResumeAsync().InTime();
        gate.Set();

        Assert.Equal(s_numbers, await seen.ReachAsync(200));
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 200);
        Assert.Equal(200, begun.Count);
        Assert.Equal(0, subscription.Status.Restarts);

        async Task HandleAsync(Delivery delivery)
        {
            begun.Add(delivery.GetText());
            if (delivery.StreamOffset == 10)
                await gate.Task;
            seen.Add(delivery.GetText());
        }
    }

    [Fact]
    public async Task Cuts_at_any_moment_leave_nothing_out_and_repeat_nothing()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync(options => options.MaxReconnectDelay = TimeSpan.FromMilliseconds(200));
        var stream = await broker.DeclareStreamAsync(probe);
        var numbers = Clients.Numbers(3_000);
        await broker.SendAllInOrderAsync(stream, numbers);
        var seen = new Collected<string>();
        await using var subscription = await broker.SubscribeAsync(stream, "a", async delivery =>
        {
            if (delivery.StreamOffset % 50 == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            seen.Add(delivery.GetText());
        }, new() { Prefetch = 100, Store = new MemoryOffsetStore() });

        for (var cut = 1; cut <= 5; cut++)
        {
            await seen.ReachAsync(cut * 500);
            relay.CutAll();
        }

        Assert.Equal(numbers, await seen.ReachAsync(3_000, seconds: 60));
        await Eventually.IsTrueAsync("the position", () => subscription.Position == 3_000);
        Assert.Equal(3_000, seen.Count);
        Assert.True(subscription.Status.Restarts >= 5);
    }
}
