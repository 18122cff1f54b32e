using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>A basic.consume for which the broker closes the whole connection was sent again for ever, on one connection after the other.</summary>
public sealed class RefusedConsumeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_consume_that_costs_the_connection_is_refused_and_not_tried_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await BrokerClient.ConnectAsync(proxy.Uri.ToString()).InTime();
        var queue = await broker.DeclareAsync(probe);
        var unanswered = proxy.On(Frames.Method("basic.consume")).Drop();

        var consuming = broker.ConsumeAsync(queue, _ => { });
        await unanswered.WaitForBiteAsync();
        await proxy.Connections[0].InjectAsync(FaultDirection.ToClient, ConnectionClose("NOT_IMPLEMENTED - no such thing")).InTime();
        var error = await Assert.ThrowsAsync<ConsumerException>(() => consuming.InTime());

        Assert.Equal((ConsumerFailure.Refused, (ushort)540), (error.Reason, error.ReplyCode));
        Assert.Contains("no such thing", error.Message, StringComparison.Ordinal);
        Assert.Single(unanswered.Bites);
    }

    /// <summary>connection.close (10, 50) with reply code 540, over basic.consume (60, 20).</summary>
    private static byte[] ConnectionClose(string text)
    {
        byte[] payload = [0, 10, 0, 50, 540 >> 8, 540 & 0xFF, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text), 0, 60, 0, 20];
        return [1, 0, 0, 0, 0, 0, (byte)payload.Length, .. payload, 0xCE];
    }
}
