using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Consumers whose user may not read.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class AccessTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_consumer_whose_permission_was_taken_away_ends_with_that_at_its_next_consume()
    {
        var faulty = await brokers.FaultyAsync(BrokerNeed.Control);
        await faulty.ControlAsync("add_user", "reader", "secret");
        await faulty.ControlAsync("set_permissions", "reader", "^$", "^$", ".*");
        await using var probe = await faulty.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(faulty.Uri);
        await using var broker = await proxy.ConnectAsync(options => (options.UserName, options.Password) = ("reader", "secret"));
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });

        await faulty.ControlAsync("set_permissions", "reader", "^$", "^$", "^$");
        proxy.Connections[0].Reset();

        var error = await Assert.ThrowsAsync<ConsumerException>(() => consumer.Completion.InTime());
        Assert.Equal((ConsumerFailure.AccessRefused, (ushort)403, queue), (error.Reason, error.ReplyCode, error.Queue));
        Assert.Equal(ConsumerState.Failed, consumer.Status.State);
        await faulty.ControlAsync("delete_user", "reader");
    }
}
