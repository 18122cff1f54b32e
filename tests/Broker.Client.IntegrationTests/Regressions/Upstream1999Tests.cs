using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>RabbitMQ.Client #1999: a connection was called open before the broker had answered connection.open.</summary>
[Trait("Upstream", "1999")]
public sealed class Upstream1999Tests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_client_is_connected_when_the_broker_has_opened_its_virtual_host_and_not_before()
    {
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        // Nothing comes any more from the answer on.
        var unanswered = proxy.On(Frames.Method("connection.open-ok").FromBroker()).Delay(TimeSpan.FromSeconds(30));

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => proxy.ConnectAsync(options =>
            (options.ConnectTimeout, options.ConnectDeadline) = (TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1))));

        Assert.NotEmpty(unanswered.Bites);
        Assert.True(error.IsTransient, error.Message);
    }

    [Fact]
    public async Task A_virtual_host_that_does_not_exist_is_told_by_the_connect_itself_however_late_the_broker_says_so()
    {
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        var refusal = proxy.On(Frames.Method("connection.close").FromBroker()).Delay(TimeSpan.FromSeconds(0.5));

        var error = await Assert.ThrowsAsync<BrokerConnectionException>(() => proxy.ConnectAsync(options => options.VirtualHost = "no-such-host"));

        Assert.Equal(ConnectionFailure.VirtualHostNotFound, error.Reason);
        Assert.NotEmpty(refusal.Bites);
    }
}
