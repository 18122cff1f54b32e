using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>P4: first appearances keep the order of the calls over reconnects; what is sent again goes before anything new, in its old order.</summary>
[Trait("Promise", "P4")]
public sealed class OrderTests(BrokerFixture brokers)
{
    private static readonly int s_messages = Promise.Figure(pr: 5_000, night: 50_000, release: 500_000);

    [Fact]
    public async Task First_appearances_are_in_the_order_of_the_calls_however_often_the_connection_was_cut()
    {
        var run = new PromiseRun("P4", brokers.Shared);
        var cuts = Promise.Figure(pr: 5, night: 50, release: 500);

        var (found, bitten) = await CutRun.RunAsync(brokers.Shared, producers: 1, s_messages, cuts);

        run.Conclude(cuts, bitten, found.BreachesOrUnconfirmed, found);
    }

    [Fact]
    public async Task Several_channels_without_an_ordering_key_give_the_order_up_which_is_seen()
    {
        var (found, _) = await CutRun.RunAsync(
            brokers.Shared, producers: 1, Math.Min(s_messages, 50_000), cuts: 0, options => options.Publisher.Channels = 4);

        Assert.True(found.Inversions > 0);
        Assert.Equal(0, found.Lost + found.Unexpected + found.Duplicates + found.Pending);
    }
}
