using Broker.Client.Testing.Tests.Server;
using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Faults;

public sealed class DeliveryFaultTests : BrokerTest
{
    [Fact]
    public async Task A_consumer_is_cancelled_after_just_that_delivery()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2", "3", "4");
        var fault = Broker.On(Deliveries.From("q").Number(3)).CancelConsumer();

        var inbox = await ConsumeAsync(Channel, "q");
        await inbox.Cancelled.Task.WaitAsync(Soon);
        var bite = await fault.WaitForBiteAsync();

        Assert.Equal((1, 3, 0), (Broker.Queue("q").ReadyCount, Broker.Queue("q").UnackedCount, Broker.Queue("q").ConsumerCount));
        Assert.Equal(["1", "2", "3"], await TakeAsync(inbox, 3));
        Assert.Equal((1, FaultDirection.ToClient, 3), (bite.Connection, bite.Direction, bite.Number));

        await Channel.BasicAckAsync(3, multiple: true); // what it held is its channel's
        await Broker.Queue("q").WaitUntilAsync(static q => q.MessageCount == 1, Soon);
    }

    [Fact]
    public async Task What_a_cancelled_consumer_held_goes_back_when_its_channel_closes()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2", "3");
        Broker.On(Deliveries.From("q").Number(2)).CancelConsumer();
        var inbox = await ConsumeAsync(Channel, "q");
        await inbox.Cancelled.Task.WaitAsync(Soon);
        await Channel.BasicAckAsync(1, multiple: false);

        await Channel.CloseAsync();

        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 2, Soon);
        Assert.Equal([true, false], Broker.Queue("q").Messages.Select(static m => m.IsRedelivered));
    }

    [Fact]
    public async Task A_channel_is_closed_after_just_that_delivery_and_what_it_held_goes_back()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2", "3", "4");
        Broker.On(Deliveries.Where(static d => d.GetText() == "2")).CloseChannel(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");

        Inbox? inbox = null;
        var reason = await ClosesAsync(Channel, async () => inbox = await ConsumeAsync(Channel, "q"));

        Assert.Equal(406, reason.ReplyCode);
        Assert.Equal(["1", "2"], await TakeAsync(inbox!, 2));
        Assert.Equal(0, inbox!.Waiting);
        Assert.Equal([true, true, false, false], Broker.Queue("q").Messages.Select(static m => m.IsRedelivered));
        Assert.True(Connection.IsOpen);
    }

    [Fact]
    public async Task Other_consumers_of_the_queue_go_on()
    {
        await QueueAsync();
        await using var other = await Connection.CreateChannelAsync();
        Broker.On(Deliveries.Where(static d => d.ConsumerTag == "ill")).CancelConsumer();
        var ill = await ConsumeAsync(Channel, "q", tag: "ill");
        await SendAsync("q", "1");
        await ill.Cancelled.Task.WaitAsync(Soon);

        var well = await ConsumeAsync(other, "q");
        await SendAsync("q", "2", "3");

        Assert.Equal(["2", "3"], await TakeAsync(well, 2));
    }

    [Fact]
    public async Task A_connection_is_closed_after_a_delivery()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2");
        Broker.On(Deliveries.Any.Number(1)).CloseConnection(320, "CONNECTION_FORCED - so there");
        var reason = await ClosesAsync(Channel, () => ConsumeAsync(Channel, "q"));

        Assert.Equal((320, "CONNECTION_FORCED - so there"), (reason.ReplyCode, reason.ReplyText));
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 2, Soon);
    }

    [Fact]
    public async Task A_connection_is_cut_after_a_delivery()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2");
        Broker.On(Deliveries.Any.Number(1)).Cut(CutKind.Reset);

        var reason = await ClosesAsync(Channel, () => ConsumeAsync(Channel, "q"));

        Assert.Equal(ShutdownInitiator.Library, reason.Initiator); // no close came
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 2, Soon);
    }

    private static async Task<List<string>> TakeAsync(Inbox inbox, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count) texts.Add(Text((await inbox.NextAsync()).Body));
        return texts;
    }

    [Fact]
    public async Task What_is_acknowledged_after_it_was_decided_is_too_late()
    {
        await QueueAsync();
        var cut = Broker.On(Deliveries.From("q")).Cut();
        for (var round = 1; round <= 20; round++)
        {
            var channel = await (await ConnectAsync()).CreateChannelAsync();
            await ConsumeAsync(channel, "q");

            // Sent together, so that the broker has the ack as soon as it has delivered; the line breaks under it.
            await Record.ExceptionAsync(() => Task.WhenAll(
                channel.BasicPublishAsync("", "q", Bytes("m")).AsTask(), channel.BasicAckAsync(1, multiple: false).AsTask()));
            await cut.WaitForBiteAsync(round);
            await Broker.Queue("q").WaitUntilAsync(static queue => queue is { ConsumerCount: 0, UnackedCount: 0 }, Soon);
            await Channel.QueuePurgeAsync("q");
        }

        Assert.DoesNotContain(Broker.Queue("q").History, static message => message.Fate == MessageFate.Acked);
    }
}
