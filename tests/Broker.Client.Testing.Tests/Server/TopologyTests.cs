using RabbitMQ.Client;

namespace Broker.Client.Testing.Tests.Server;

public sealed class TopologyTests : BrokerTest
{
    [Fact]
    public async Task Exchanges_route_through_each_other()
    {
        await Channel.ExchangeDeclareAsync("in", "topic", durable: true);
        await Channel.ExchangeDeclareAsync("out", "fanout", durable: true);
        await QueueAsync();
        await Channel.ExchangeBindAsync("out", "in", "a.#");
        await Channel.QueueBindAsync("q", "out", "");
        await using var channel = await ConfirmingAsync();
        await channel.BasicPublishAsync("in", "a.b", Bytes("1"));
        await channel.BasicPublishAsync("in", "b", Bytes("2"));
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
        await Channel.ExchangeUnbindAsync("out", "in", "a.#");
        await Channel.QueueUnbindAsync("q", "out", "");
        Assert.Equal(1u, await Channel.QueuePurgeAsync("q"));
        Assert.Equal(0u, await Channel.QueueDeleteAsync("q"));
        await Channel.ExchangeDeleteAsync("in");
        Assert.False(Broker.Queue("q").Exists);
    }

    [Fact]
    public async Task A_queue_gets_a_name_and_no_name_means_that_queue()
    {
        var name = await QueueAsync("");
        Assert.StartsWith("amq.gen-", name, StringComparison.Ordinal);
        await Channel.QueueBindAsync("", "amq.direct", "");
        await Channel.BasicPublishAsync("amq.direct", name, Bytes("x"));
        var got = await Channel.BasicGetAsync("", autoAck: true);
        Assert.Equal("x", Text(got!.Body));
    }

    [Fact]
    public async Task No_name_and_no_queue_before_is_404()
    {
        var reason = await ClosesAsync(Channel, () => Channel.BasicGetAsync("", autoAck: true));
        Assert.Equal("404 NOT_FOUND - no previously declared queue", $"{reason.ReplyCode} {reason.ReplyText}");
    }

    [Fact]
    public async Task An_exclusive_queue_is_locked_and_goes_with_its_connection()
    {
        await Channel.QueueDeclareAsync("mine", durable: false, exclusive: true, autoDelete: false);
        var other = await ConnectAsync();
        var channel = await other.CreateChannelAsync();
        var reason = await ClosesAsync(channel, () => channel.QueueDeclarePassiveAsync("mine"));
        Assert.Equal(405, reason.ReplyCode);
        Assert.StartsWith("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'mine' in vhost '/'",
            reason.ReplyText, StringComparison.Ordinal);
        await Connection.CloseAsync();
        Assert.False(Broker.Queue("mine").Exists);
    }

    [Fact]
    public async Task Another_declaration_of_the_same_name_is_406()
    {
        await QueueAsync();
        var reason = await ClosesAsync(Channel, () => QueueAsync("q", ("x-max-length", 1)));
        Assert.Equal(406, reason.ReplyCode);
        Assert.StartsWith("PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'q' in vhost '/'",
            reason.ReplyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_404()
    {
        var reason = await ClosesAsync(Channel, () => Channel.QueueDeclarePassiveAsync("none"));
        Assert.Equal("404 NOT_FOUND - no queue 'none' in vhost '/'", $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.Equal((50, 10), (reason.ClassId, reason.MethodId));
    }

    [Fact]
    public async Task Reserved_names_are_refused()
    {
        var reason = await ClosesAsync(Channel, () => QueueAsync("amq.mine"));
        Assert.Equal("403 ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'",
            $"{reason.ReplyCode} {reason.ReplyText}");
    }
}
