using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>A copy that is sent after a lost connection says so, under the id of the first.</summary>
public sealed class PublishAttemptTests(BrokerFixture brokers)
{
    private const string Header = "x-publish-attempt";

    [Fact]
    public async Task Each_copy_says_which_one_it_is_and_the_first_says_nothing()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await BrokerClient.ConnectAsync(proxy.Uri.ToString()).InTime();
        var queue = await broker.DeclareAsync(probe);

        var confirms = proxy.On(Frames.Method("basic.ack").FromBroker()).Hold();
        var own = broker.SendAsync(queue, new Message { MessageId = "mine", Headers = { ["kept"] = "x" } }).AsTask();
        var made = broker.SendAsync(queue, "made").AsTask();
        await probe.WaitForCountAsync(queue, 2);
        Cut(proxy);
        await probe.WaitForCountAsync(queue, 4);
        Cut(proxy);
        confirms.Lift();
        var ids = (await Task.WhenAll(own, made).InTime()).Select(result => result.MessageId).ToList();
        var later = (await broker.SendAsync(queue, "later").InTime()).MessageId;

        var copies = (await probe.DrainAsync(queue)).ToLookup(message => message.Properties.MessageId, message => message.Header(Header));
        Assert.Equal("mine", ids[0]);
        Assert.All(ids, id => Assert.Equal([null, 2, 3], copies[id]));
        Assert.Equal([null], copies[later]);
    }

    [Fact]
    public async Task A_message_that_is_sent_on_does_not_bring_its_attempt_with_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAsync(queue, new Message { Headers = { [Header] = 2, ["kept"] = "x" } }).InTime();

        var arrived = Assert.IsType<RawMessage>(await probe.GetAsync(queue));
        Assert.Equal((null, "x"), (arrived.Header(Header), arrived.Header("kept")));
    }

    [Fact]
    public async Task A_first_copy_with_an_id_made_for_it_carries_no_header_of_ours()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        await broker.SendAsync(queue, "x").InTime();

        var arrived = Assert.IsType<RawMessage>(await probe.GetAsync(queue));
        Assert.Equal((null, null), (arrived.Header(Header), arrived.Header("x-broker-client-number")));
    }

    private static void Cut(FaultProxy proxy)
    {
        foreach (var connection in proxy.Connections)
            connection.Reset();
    }
}
