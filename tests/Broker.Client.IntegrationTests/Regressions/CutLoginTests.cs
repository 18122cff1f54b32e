using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// A connection that was lost between the login and its answer was taken for a refused one, and every publish that waited ended with it. A broker that
/// refuses a login says so.
/// </summary>
public sealed class CutLoginTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(CutKind.Close)]
    [InlineData(CutKind.Reset)]
    public async Task A_connection_that_is_lost_within_the_login_is_made_again(CutKind kind)
    {
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var cut = proxy.On(Frames.Method("connection.tune").Number(1)).CutBefore(kind);

        await using var client = await BrokerClient.ConnectAsync(proxy.Uri.ToString()).InTime();

        Assert.Equal(BrokerConnectionState.Connected, client.State);
        Assert.Single(cut.Bites);
    }
}
