using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>A publisher without anything under way waited for a connection before it stopped.</summary>
public sealed class DisposalTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Disposing_a_client_that_has_nothing_under_way_does_not_wait_for_a_connection()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        relay.Refuse();
        var broker = relay.Idle(options => options.Publisher.Deadline = TimeSpan.FromSeconds(0.3));
        Assert.Equal(PublishOutcome.NotSent, (await broker.TrySendAsync("q", "x").InTime()).Outcome);

        var took = await Patience.TimedAsync(() => broker.DisposeAsync().AsTask().InTime());

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}
