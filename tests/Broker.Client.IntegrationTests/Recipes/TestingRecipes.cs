using Broker.Client.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.IntegrationTests.Recipes;

/// <summary>The recipes of Broker.Client.Testing as tests: RECIPES.md shows what stands between their braces.</summary>
public sealed class TestingRecipes(ITestOutputHelper output)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Redelivery()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");

        // The line breaks after the first delivery, before anything is acknowledged: the message comes again.
        server.On(Deliveries.From("orders").Number(1)).Cut();
        var shipped = new HashSet<string?>();
        await using var consumer = await broker.ConsumeAsync("orders", order => { shipped.Add(order.MessageId); });
        await broker.SendAsync("orders", "seven anvils");

        await server.Queue("orders").WaitUntilAsync(queue => queue.History.Count == 1 && queue.MessageCount == 0, s_soon);
        server.Queue("orders").AssertBecame(MessageFate.Acked, "seven anvils");
        Assert.True(server.Queue("orders").History.Single().IsRedelivered);
        Assert.Single(shipped);
        server.AssertBit();
    }

    [Fact]
    public async Task Poison()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");

        // A handler that never copes with one message: it is parked, and the others do not wait for it.
        var policy = FailurePolicy.Retry(attempts: 2, TimeSpan.FromMilliseconds(1)).ThenPark();
        await using var consumer = await broker.ConsumeAsync("orders", order =>
        {
            if (order.GetText() == "poison") throw new FormatException("no order at all");
        }, new ConsumerOptions { FailurePolicy = policy });
        await broker.SendAsync("orders", "poison");
        await broker.SendAsync("orders", "seven anvils");

        await server.Queue("orders.failed").WaitUntilAsync(queue => queue.ReadyCount == 1, s_soon);
        await server.Queue("orders").WaitUntilEmptyAsync(s_soon);
        server.Queue("orders.failed").AssertHolds("poison");
    }

    [Fact]
    public async Task Lost_confirm()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");

        // Stored, but never confirmed: the publisher cannot know, and sends it again under the same id.
        server.On(Publishes.To("orders").Number(1)).StoreThenCut();
        await broker.SendAsync("orders", "seven anvils");

        server.Queue("orders").AssertHolds("seven anvils", "seven anvils");
        Assert.Single(server.Queue("orders").Messages.Select(order => order.Properties.MessageId).Distinct());
        server.AssertBit();
    }

    [Fact]
    public async Task Blocked()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");

        // Short of memory, the broker takes nothing; what is published meanwhile waits, and is there afterwards.
        server.Block("low on memory");
        var sending = broker.SendAsync("orders", "seven anvils").AsTask();
        Assert.NotSame(sending, await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System)));
        server.Queue("orders").AssertEmpty();

        server.Unblock();
        await sending.WaitAsync(s_soon, TimeProvider.System);
        server.Queue("orders").AssertHolds("seven anvils");
    }

    [Fact]
    public async Task Consumer_cancelled()
    {
        await using var server = await TestBroker.StartAsync();
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");
        await using var consumer = await broker.ConsumeAsync("orders", order => { });

        // The broker ends the consumer by basic.cancel, as it does when a queue moves: one that does not come back is deaf.
        server.Queue("orders").CancelConsumers();
        await server.Queue("orders").WaitUntilAsync(queue => queue.ConsumerCount == 1, s_soon);
        await broker.SendAsync("orders", "seven anvils");

        await server.Queue("orders").WaitUntilAsync(queue => queue.History.Count == 1 && queue.MessageCount == 0, s_soon);
        server.Queue("orders").AssertBecame(MessageFate.Acked, "seven anvils");
    }

    [Fact]
    public async Task Clock()
    {
        var clock = new FakeTimeProvider();
        await using var server = await TestBroker.StartAsync(new() { TimeProvider = clock });
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("expired");
        await broker.DeclareQueueAsync("offers", new QueueOptions
        {
            MessageTtl = TimeSpan.FromDays(1), DeadLetterExchange = "", DeadLetterRoutingKey = "expired",
        });
        await broker.SendAsync("offers", "today only");

        // A day passes at once, for the broker alone.
        clock.Advance(TimeSpan.FromDays(1));

        server.Queue("offers").AssertBecame(MessageFate.DeadLettered, "today only");
        server.Queue("expired").AssertHolds("today only");
    }

    [Fact]
    public async Task Slow_handler()
    {
        var clock = new FakeTimeProvider();
        await using var server = await TestBroker.StartAsync(new() { TimeProvider = clock });
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");
        await broker.SendAsync("orders", "seven anvils");
        await broker.GetAsync("orders");

        // Held for longer than the broker waits (30 minutes, or server.ConsumerTimeout), it is taken back.
        clock.Advance(server.ConsumerTimeout);

        await server.Queue("orders").WaitUntilAsync(queue => queue.ReadyCount == 1, s_soon);
        Assert.True(server.Queue("orders").Messages.Single().IsRedelivered);
    }

    [Fact]
    public async Task No_permission()
    {
        await using var server = await TestBroker.StartAsync();
        server.Access.AddUser("reader", "secret");
        server.Access.SetPermissions("reader", configure: "", write: "", read: ".*");
        await using var broker = await BrokerClient.ConnectAsync(
            BrokerOptions.Parse($"{server.Uri}") with { UserName = "reader", Password = "secret" });

        var error = await Assert.ThrowsAsync<TopologyException>(async () => await broker.DeclareQueueAsync("orders"));

        Assert.Equal(403, error.ReplyCode);
    }

    [Fact]
    public async Task On_a_real_broker_too()
    {
        // In memory, unless BROKER_URI names a real one: then the same test is for that.
        await using var target = await TestTarget.StartAsync("BROKER_URI_OF_THE_RECIPES");
        await using var broker = await BrokerClient.ConnectAsync($"{target.Uri}");
        await broker.DeclareQueueAsync("orders");

        await broker.SendAsync("orders", "seven anvils");

        Assert.Equal("seven anvils", (await broker.GetAsync("orders"))?.GetText());
    }

    [Fact]
    public async Task What_the_faults_did()
    {
        // Each fault is told as it bites, in the output of the test; one that never does fails it.
        await using var server = await TestBroker.StartAsync(new() { Report = output.WriteLine });
        await using var broker = await BrokerClient.ConnectAsync($"{server.Uri}");
        await broker.DeclareQueueAsync("orders");
        server.On(Publishes.To("orders").Every(2)).Nack();

        for (var i = 0; i < 3; i++) await broker.TrySendAsync("orders", $"order {i}");

        server.Queue("orders").AssertHolds("order 0", "order 2");
        server.AssertBit();
    }
}
