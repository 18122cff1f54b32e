using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Publishers whose connection did nothing for a while, or could not.</summary>
public sealed class HeldUpPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_client_that_publishes_nothing_for_five_heartbeats_keeps_its_connection()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync(options => options.Heartbeat = TimeSpan.FromSeconds(1));
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "before").InTime();

        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        await broker.SendAsync(queue, "after").InTime();

        Assert.Equal(2, relay.Accepted);
        Assert.Equal(["before", "after"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    [Trait("Upstream", "1930")]
    public async Task Publishes_to_a_peer_that_stopped_reading_and_then_reset_the_connection_all_end_confirmed()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        var body = new byte[64 * 1024]; // so that they fill every buffer on the way

        relay.Stall();
        var sending = Enumerable.Range(0, 256).Select(_ => broker.TrySendAsync(queue, Message.FromBytes(body)).AsTask()).ToArray();
        var last = await broker.TrySendAsync(queue, "gives up behind them", new() { Deadline = TimeSpan.FromSeconds(0.5) }).InTime();
        Assert.DoesNotContain(sending, send => send.IsCompleted);
        relay.CutAll();
        relay.Resume();
        var results = await Task.WhenAll(sending).InTime();

        Assert.NotEqual(PublishOutcome.Confirmed, last.Outcome);
        Assert.All(results, result => Assert.Equal(PublishOutcome.Confirmed, result.Outcome));
        var stored = (await probe.DrainAsync(queue)).Select(message => message.Properties.MessageId).ToHashSet();
        Assert.All(results, result => Assert.Contains(result.MessageId, stored));
    }
}
