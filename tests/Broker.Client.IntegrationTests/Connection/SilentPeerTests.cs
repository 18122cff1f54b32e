using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

public sealed class SilentPeerTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_line_that_carries_nothing_any_more_is_given_up_after_two_heartbeats()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(
            BrokerOptions.Parse(relay.Uri.ToString()) with { Heartbeat = TimeSpan.FromSeconds(3) });
        var states = new StateRecorder(client);

        relay.Stall();
        var began = TimeProvider.System.GetTimestamp();
        var change = await states.WaitForAsync(BrokerConnectionState.Connecting);
        var taken = TimeProvider.System.GetElapsedTime(began);

        Assert.InRange(taken.TotalSeconds, 4, 8); // the driver itself waits for three
        Assert.Contains("Nothing has come from", change.Cause?.Message);
        relay.CutAll();
        relay.Resume();
    }
}
