using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// C1: nothing is acknowledged before its handler has ended well. C2: a handler runs twice only for what the broker delivered twice. Seen by a ledger
/// on disk, over kills of the process, with acks that stand for many messages.
/// </summary>
public sealed class KilledConsumerTests(BrokerFixture brokers)
{
    [Fact]
    [Trait("Promise", "C1")]
    [Trait("Promise", "C2")]
    public async Task A_consumer_that_is_killed_has_acked_nothing_unfinished_and_runs_again_only_what_is_redelivered()
    {
        var run = new PromiseRun("C1 C2", brokers.Shared);
        var kills = Promise.Figure(pr: 10, night: 200, release: 1_000);
        var killing = new KillRun(brokers.Shared, messages: Promise.Figure(pr: 1_000, night: 20_000, release: 100_000), kills, AckMode.AfterHandler);

        var found = await killing.RunAsync();

        // One more, for without acks that cover several nothing was tested.
        run.Conclude(kills + 1, killing.Bitten + Math.Min(1, killing.MultipleAcks), found.Breaches, new { found, killing = killing.Figures });
    }

    [Fact]
    [Trait("Promise", "C1")]
    public async Task A_consumer_that_acknowledges_before_its_handler_shows_messages_without_an_end()
    {
        var found = await new KillRun(brokers.Shared, messages: 300, kills: 3, AckMode.BeforeHandler).RunAsync();

        Promise.Report(new { promise = "C1", control = $"{AckMode.BeforeHandler}", found });
        Assert.True(found.AckedWithoutEnd > 0);
        Assert.Equal(0, found.AgainThoughFresh + found.AgainOfOneDelivery + found.Unexpected);
    }
}
