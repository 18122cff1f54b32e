using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// P2: what was confirmed is in the queue, across any reconnect. P3: a message comes twice only where its outcome was unknown, under the same id.
/// </summary>
public sealed class AtLeastOnceTests(BrokerFixture brokers)
{
    [Fact]
    [Trait("Promise", "P2")]
    [Trait("Promise", "P3")]
    public async Task What_was_confirmed_is_in_the_queue_however_often_the_connection_was_cut()
    {
        var run = new PromiseRun("P2", brokers.Shared);
        var cuts = Promise.Figure(pr: 20, night: 100, release: 1_000);

        var (found, bitten) = await CutRun.RunAsync(
            brokers.Shared, producers: 4, messages: Promise.Figure(pr: 20_000, night: 100_000, release: 1_000_000), cuts);

        run.Conclude(cuts, bitten, found.BreachesOrUnconfirmed, found);
    }

    [Fact]
    [Trait("Promise", "P3")]
    public async Task Without_a_fault_nothing_comes_twice()
    {
        var run = new PromiseRun("P3", brokers.Shared);

        var (found, _) = await CutRun.RunAsync(
            brokers.Shared, producers: 4, messages: Promise.Figure(pr: 50_000, night: 1_000_000, release: 1_000_000), cuts: 0);

        run.Conclude(faults: 0, bitten: 0, found.BreachesOrUnconfirmed, found);
    }
}
