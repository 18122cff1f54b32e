using Broker.Client.Testing.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Inspect;

/// <summary>What a test may say of a queue, and what it reads where that is not so.</summary>
public sealed class QueueAssertionTests : BrokerTest
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<string> _reports = [];

    protected override TestBrokerOptions Options => new() { TimeProvider = _clock, Report = _reports.Add };

    [Fact]
    public async Task What_is_so_passes()
    {
        await QueueAsync();
        Broker.Queue("q").AssertEmpty();
        Broker.Queue("q").AssertHolds();
        await SendAsync("q", "1", "2", "3");
        await Channel.BasicGetAsync("q", autoAck: true);

        Broker.Queue("q").AssertHolds("2", "3");
        Broker.Queue("q").AssertBecame(MessageFate.Acked, "1");
        Broker.Queue("q").AssertBecame(MessageFate.DeadLettered);
    }

    [Fact]
    public async Task What_is_not_so_fails_and_shows_the_queue_its_messages_and_what_happened_to_them()
    {
        await QueueAsync();
        await SendAsync("q", "seven anvils");
        await Channel.BasicGetAsync("q", autoAck: false);
        await Channel.BasicRejectAsync(1, requeue: true);
        await Broker.Queue("q").WaitUntilAsync(static queue => queue.ReadyCount == 1, Soon);

        var empty = Assert.Throws<BrokerAssertionException>(() => Broker.Queue("q").AssertEmpty());
        var holds = Assert.Throws<BrokerAssertionException>(() => Broker.Queue("q").AssertHolds("a rocket"));
        var became = Assert.Throws<BrokerAssertionException>(() => Broker.Queue("q").AssertBecame(MessageFate.Acked, "seven anvils"));

        Assert.Equal("""
            Queue 'q' should be empty.
            queue 'q' (classic): 1 ready, 0 unacked, 0 consumers
              "seven anvils" by 'q': Ready at 00:00:00.000, Delivered at 00:00:00.000 (get), Ready at 00:00:00.000 (returned: Reject)
            """, empty.Message);
        Assert.StartsWith("Queue 'q' should hold \"a rocket\".\n", holds.Message, StringComparison.Ordinal);
        Assert.StartsWith("Queue 'q' should have Acked \"seven anvils\".\n", became.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_in_words_leaves_out_what_is_long_and_what_is_no_text()
    {
        Assert.Equal("queue 'q' does not exist\n  no message was ever in it", $"{Broker.Queue("q")}");
        await QueueAsync();
        await Channel.BasicPublishAsync("", "q", new byte[] { 0, 1 });
        await SendAsync("q", [.. Enumerable.Repeat(new string('a', 100), 20)]);

        var words = $"{Broker.Queue("q")}".Split('\n');

        Assert.Equal(22, words.Length);
        Assert.Equal("  ... 1 messages before these", words[1]);
        Assert.Contains($"\"{new string('a', 60)}...\"", words[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_fault_is_told_as_it_bites_and_one_that_did_not_is_named_beside_those_that_did()
    {
        await QueueAsync();
        Broker.On(Publishes.To("q").Number(1)).Nack();
        Broker.On(Publishes.To("other")).Nack();
        await using var channel = await ConfirmingAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => channel.BasicPublishAsync("", "q", Bytes("m")).AsTask());

        var error = Assert.Throws<InvalidOperationException>(Broker.AssertBit);
        Assert.StartsWith("nack ", Assert.Single(_reports), StringComparison.Ordinal);
        Assert.EndsWith(" bit on connection 1", _reports[0], StringComparison.Ordinal);
        Assert.Contains("These faults never bit: nack", error.Message, StringComparison.Ordinal);
        Assert.Contains("\nThese did: nack", error.Message, StringComparison.Ordinal);
    }
}
