using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Server;

public sealed class ConsumingTests : BrokerTest
{
    [Fact]
    public async Task Prefetch_holds_back_what_is_not_acked_for()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2", "3");
        await Channel.BasicQosAsync(0, 2, global: false);
        var inbox = await ConsumeAsync(Channel, "q");
        var first = await inbox.NextAsync();
        await inbox.NextAsync();
        Assert.Equal((1, 2), (Broker.Queue("q").ReadyCount, Broker.Queue("q").UnackedCount));
        Assert.Equal(0, inbox.Waiting);
        await Channel.BasicAckAsync(first.DeliveryTag, multiple: false);
        Assert.Equal("3", Text((await inbox.NextAsync()).Body));
    }

    [Fact]
    public async Task What_a_closed_channel_held_is_delivered_again()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2");
        var channel = await Connection.CreateChannelAsync();
        var inbox = await ConsumeAsync(channel, "q");
        Assert.False((await inbox.NextAsync()).Redelivered);
        await inbox.NextAsync();
        await channel.CloseAsync();
        Assert.Equal((2, 0), (Broker.Queue("q").ReadyCount, Broker.Queue("q").ConsumerCount));

        var again = await ConsumeAsync(Channel, "q");
        var first = await again.NextAsync();
        Assert.Equal(("1", true), (Text(first.Body), first.Redelivered));
        Assert.Equal("2", Text((await again.NextAsync()).Body));
    }

    [Fact]
    public async Task What_a_lost_connection_held_is_delivered_again()
    {
        await QueueAsync();
        await SendAsync("q", "1");
        var other = await ConnectAsync();
        var channel = await other.CreateChannelAsync();
        await (await ConsumeAsync(channel, "q")).NextAsync();
        await other.AbortAsync();
        var inbox = await ConsumeAsync(Channel, "q");
        Assert.True((await inbox.NextAsync()).Redelivered);
    }

    [Fact]
    public async Task A_nack_brings_it_back_and_a_reject_drops_it()
    {
        await QueueAsync();
        await SendAsync("q", "1");
        var inbox = await ConsumeAsync(Channel, "q");
        await Channel.BasicNackAsync((await inbox.NextAsync()).DeliveryTag, multiple: false, requeue: true);
        var second = await inbox.NextAsync();
        Assert.True(second.Redelivered);
        await Channel.BasicRejectAsync(second.DeliveryTag, requeue: false);
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);
    }

    [Fact]
    public async Task A_deleted_queue_cancels_its_consumers()
    {
        await QueueAsync();
        var inbox = await ConsumeAsync(Channel, "q");
        await using var other = await Connection.CreateChannelAsync();
        await other.QueueDeleteAsync("q");
        await inbox.Cancelled.Task.WaitAsync(Soon);
        Assert.True(Channel.IsOpen);
    }

    [Fact]
    public async Task A_cancelled_consumer_gets_no_more()
    {
        await QueueAsync();
        var inbox = await ConsumeAsync(Channel, "q");
        Assert.StartsWith("amq.ctag-", inbox.Tag, StringComparison.Ordinal);
        await Channel.BasicCancelAsync(inbox.Tag);
        await SendAsync("q", "1");
        Assert.Equal((0, 1, 0), (inbox.Waiting, Broker.Queue("q").ReadyCount, Broker.Queue("q").ConsumerCount));
        await Channel.BasicCancelAsync("never there");
    }

    [Fact]
    public async Task An_unknown_tag_closes_the_channel()
    {
        var reason = await ClosesAsync(Channel, () => Channel.BasicAckAsync(9, multiple: false).AsTask());
        Assert.Equal("406 PRECONDITION_FAILED - unknown delivery tag 9", $"{reason.ReplyCode} {reason.ReplyText}");
    }

    [Fact]
    public async Task An_exclusive_consumer_is_alone()
    {
        await QueueAsync();
        await ConsumeAsync(Channel, "q", exclusive: true);
        await using var other = await Connection.CreateChannelAsync();
        var reason = await ClosesAsync(other, () => ConsumeAsync(other, "q"));
        Assert.Equal("403 ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use",
            $"{reason.ReplyCode} {reason.ReplyText}");
    }

    [Fact]
    public async Task A_tag_used_twice_closes_the_connection()
    {
        await QueueAsync();
        await ConsumeAsync(Channel, "q", tag: "t");
        var reason = await ClosesAsync(Channel, () => ConsumeAsync(Channel, "q", tag: "t"));
        Assert.Equal("530 NOT_ALLOWED - attempt to reuse consumer tag 't'", $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.False(Connection.IsOpen);
    }

    [Fact]
    public async Task A_slow_client_gets_a_large_queue_whole()
    {
        await QueueAsync();
        await using var channel = await ConfirmingAsync();
        for (var i = 0; i < 100; i++) await channel.BasicPublishAsync("", "q", new byte[100_000]);
        var inbox = await ConsumeAsync(Channel, "q", autoAck: true);
        for (var i = 0; i < 100; i++) Assert.Equal(100_000, (await inbox.NextAsync()).Body.Length);
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);
    }

    [Fact]
    public async Task A_global_prefetch_is_each_consumers_own_on_4_3()
    {
        await QueueAsync();
        await Channel.BasicQosAsync(0, 2, global: true);
        var (first, second) = (await ConsumeAsync(Channel, "q"), await ConsumeAsync(Channel, "q"));
        await SendAsync("q", "1", "2", "3", "4", "5");
        for (var i = 0; i < 2; i++) await Task.WhenAll(first.NextAsync(), second.NextAsync());
        Assert.Equal((4, 1), (Broker.Queue("q").UnackedCount, Broker.Queue("q").ReadyCount));
    }

    [Fact]
    public async Task A_global_prefetch_is_the_channels_on_4_0_until_one_for_consumers_lifts_it()
    {
        await using var broker = await TestBroker.StartAsync(new() { Profile = BrokerProfile.V4_0 });
        await using var connection = await new ConnectionFactory { Uri = broker.Uri }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false);
        await channel.BasicQosAsync(0, 3, global: true);
        await ConsumeAsync(channel, "q");
        await ConsumeAsync(channel, "q");
        for (var i = 0; i < 10; i++) await channel.BasicPublishAsync("", "q", Bytes("m"));
        await broker.Queue("q").WaitUntilAsync(static queue => queue.MessageCount == 10, Soon);
        Assert.Equal(3, broker.Queue("q").UnackedCount);
        await channel.BasicQosAsync(0, 2, global: false);
        Assert.Equal(10, broker.Queue("q").UnackedCount);
    }
}
