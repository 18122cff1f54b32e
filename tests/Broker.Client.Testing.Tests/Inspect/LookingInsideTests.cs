using Broker.Client.Testing.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Inspect;

public sealed class LookingInsideTests : BrokerTest
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected override TestBrokerOptions Options => new() { TimeProvider = _clock };

    [Fact]
    public async Task Every_message_tells_its_fate()
    {
        await QueueAsync("q", ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        await QueueAsync("dead");
        await SendAsync("q", "acked", "rejected", "returned", "ready");
        foreach (var verdict in new Func<ulong, ValueTask>[]
        {
            tag => Channel.BasicAckAsync(tag, multiple: false),
            tag => Channel.BasicRejectAsync(tag, requeue: false),
            static _ => default,
        })
        {
            await verdict((await Channel.BasicGetAsync("q", autoAck: false))!.DeliveryTag);
        }

        await Channel.BasicNackAsync(3, multiple: false, requeue: true);
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 2, Soon);

        var history = Broker.Queue("q").History;
        Assert.Equal(
            [("acked", MessageFate.Acked), ("rejected", MessageFate.DeadLettered), ("returned", MessageFate.Ready), ("ready", MessageFate.Ready)],
            history.Select(static m => (m.GetText(), m.Fate)));
        Assert.Equal(["returned", "ready"], Broker.Queue("q").Messages.Select(static m => m.GetText()));
        Assert.Equal([MessageFate.Ready, MessageFate.Delivered, MessageFate.Acked], history[0].Steps.Select(static s => s.Fate));
        Assert.Equal(("rejected", "get"), (history[1].Steps[^1].Detail, history[1].Steps[1].Detail));
        Assert.True(history[2].IsRedelivered);
        Assert.Equal(_clock.GetUtcNow(), history[0].Steps[0].Time);
        Assert.Equal("rejected", Assert.Single(Broker.Queue("dead").Messages).Properties.Headers!["x-first-death-reason"]);
    }

    [Fact]
    public async Task Messages_expire_by_the_clock()
    {
        await QueueAsync("q", ("x-message-ttl", 1000));
        await SendAsync("q", "1");
        Assert.Equal(_clock.GetUtcNow().AddSeconds(1), Assert.Single(Broker.Queue("q").Messages).ExpiresAt);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);

        Assert.Equal(MessageFate.Expired, Assert.Single(Broker.Queue("q").History).Fate);
    }

    [Fact]
    public async Task A_deleted_queue_keeps_its_history()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2");
        await Channel.BasicGetAsync("q", autoAck: false);
        await Channel.QueueDeleteAsync("q");

        Assert.False(Broker.Queue("q").Exists);
        Assert.All(Broker.Queue("q").History, static m => Assert.Equal(MessageFate.Deleted, m.Fate));
        Assert.Equal(2, Broker.Queue("q").History.Count);
        Assert.Empty(Broker.Queue("q").Messages);
    }

    [Fact]
    public async Task Of_deleted_queues_the_latest_hundred_keep_their_history()
    {
        for (var i = 0; i < 102; i++)
        {
            await QueueAsync($"q{i}");
            await SendAsync($"q{i}", "1");
            await Channel.QueueDeleteAsync($"q{i}");
            if (i == 50) await QueueAsync("q0"); // it is there again, and no deleted one
        }

        Assert.Single(Broker.Queue("q0").History);
        Assert.Empty(Broker.Queue("q1").History);
        Assert.Single(Broker.Queue("q2").History);
        Assert.Single(Broker.Queue("q101").History);
    }

    [Fact]
    public async Task Queues_exchanges_and_bindings_are_listed()
    {
        await QueueAsync("q", ("x-queue-type", "quorum"));
        await Channel.QueueDeclareAsync("mine", durable: false, exclusive: true, autoDelete: true);
        await Channel.ExchangeDeclareAsync("logs", "topic", durable: true);
        await Channel.ExchangeDeclareAsync("all", "fanout", durable: false, autoDelete: true);
        await Channel.QueueBindAsync("q", "logs", "*.error", new Dictionary<string, object?> { ["n"] = 1 });
        await Channel.ExchangeBindAsync("all", "logs", "#");

        Assert.Equal(["mine", "q"], Broker.Queues().Select(static q => q.Name).Order());
        var (queue, mine) = (Broker.Queue("q"), Broker.Queue("mine"));
        Assert.Equal((true, false, false, "quorum"), (queue.IsDurable, queue.IsExclusive, queue.IsAutoDelete, queue.Arguments["x-queue-type"]));
        Assert.Equal((false, true, true), (mine.IsDurable, mine.IsExclusive, mine.IsAutoDelete));
        var all = Assert.Single(Broker.Exchanges(), static e => e.Name == "all");
        Assert.Equal(("fanout", false, true, false), (all.Type, all.IsDurable, all.IsAutoDelete, all.IsInternal));
        Assert.Equal(
            [("logs", "all", false, "#"), ("logs", "q", true, "*.error")],
            Broker.Bindings().Select(static b => (b.Source, b.Destination, b.IsToQueue, b.RoutingKey)).OrderBy(static b => b.Destination));
        Assert.Equal(1, Broker.Bindings().Single(static b => b.IsToQueue).Arguments["n"]);
        Assert.Throws<ArgumentException>(() => Broker.Queues("none"));
    }

    [Fact]
    public async Task A_test_can_cancel_the_consumers_of_a_queue()
    {
        await QueueAsync();
        var inbox = await ConsumeAsync(Channel, "q");

        Broker.Queue("q").CancelConsumers();

        await inbox.Cancelled.Task.WaitAsync(Soon);
        Assert.Equal((true, 0), (Broker.Queue("q").Exists, Broker.Queue("q").ConsumerCount));
    }
}
