using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// The driver took an end of the stream within a frame for more to come, and asked for it again and again, at the full cost of a core: the loss
/// was noticed after three heartbeats.
/// </summary>
public sealed class HalfFrameTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    public async Task An_end_within_a_frame_is_noticed_at_once(int bytes)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(new CapturedLogs().OptionsFor(proxy.Uri)).InTime();
        var states = new StateRecorder(client);
        var cut = proxy.ToClient.CutAfter(bytes);

        var declared = client.DeclareAsync(probe);
        await cut.WaitForBiteAsync();

        // Two heartbeats, after which a silent line is given up, are 20 s.
        await states.WaitForAsync(BrokerConnectionState.Connecting).InTime(5);
        await declared;
    }
}
