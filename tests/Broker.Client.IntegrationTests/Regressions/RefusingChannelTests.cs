using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>
/// RabbitMQ 3.10 refuses (basic.nack) for ever what comes on a channel that was opened between the end of a quorum queue's leader and the election of
/// the next one, while any other channel is served: its publishes were all rejected until the connection was lost for another reason.
/// </summary>
public sealed class RefusingChannelTests
{
    [Fact]
    public async Task A_channel_on_which_everything_is_refused_is_replaced()
    {
        await using var server = await TestBroker.StartAsync();
        await using var client = await BrokerClient.ConnectAsync(server.Uri.ToString()).InTime();
        await client.DeclareQueueAsync("orders").InTime();
        var opened = server.On(Methods.Named("confirm.select")).Delay(TimeSpan.FromMilliseconds(1)); // to count them
        server.On(Publishes.Where(_ => opened.Bites.Count < 2)).Nack();

        var began = TimeProvider.System.GetTimestamp();
        PublishResult result;
        do
            result = await client.TrySendAsync("orders", "seven anvils").InTime();
        while (!result.IsConfirmed && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10));

        Assert.True(result.IsConfirmed, result.ToString());
    }
}
