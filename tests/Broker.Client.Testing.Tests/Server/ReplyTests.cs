using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Server;

/// <summary>Direct reply-to, where the generations differ: on 4.3.</summary>
public class ReplyTests : BrokerTest
{
    private const string ReplyTo = "amq.rabbitmq.reply-to";

    protected virtual ulong[] Tags => [1, 2, 4];

    protected virtual ulong TagOfGet => 3;

    protected virtual bool LateRepliesReturn => false;

    [Fact]
    public async Task The_tags_of_replies()
    {
        await QueueAsync();
        var inbox = await ConsumeAsync(Channel, ReplyTo, autoAck: true);
        var first = await AskedAsync(reply: "a");
        await AskedAsync(reply: "b");
        List<ulong> tags = [(await inbox.NextAsync()).DeliveryTag, (await inbox.NextAsync()).DeliveryTag];
        await SendAsync("q", "m");
        Assert.Equal(TagOfGet, (await Channel.BasicGetAsync("q", autoAck: true))!.DeliveryTag);
        await AskedAsync(reply: "c");
        var last = await inbox.NextAsync();
        tags.Add(last.DeliveryTag);
        Assert.Equal(Tags, tags);
        Assert.Equal(("", first, false), (last.Exchange, last.RoutingKey, last.Redelivered));
    }

    [Fact]
    public async Task A_reply_to_a_requester_that_is_gone()
    {
        await QueueAsync();
        var tag = (await ConsumeAsync(Channel, ReplyTo, autoAck: true)).Tag;
        var key = await AskedAsync(reply: "a");
        await Channel.BasicCancelAsync(tag);
        await using var channel = await ConfirmingAsync();
        var late = await Record.ExceptionAsync(
            () => channel.BasicPublishAsync("", key, mandatory: true, Bytes("late")).AsTask());
        if (LateRepliesReturn) Assert.IsType<PublishReturnException>(late);
        else Assert.Null(late);
        await Assert.ThrowsAsync<PublishReturnException>(
            () => channel.BasicPublishAsync("", ReplyTo + ".made.up", mandatory: true, Bytes("late")).AsTask());
    }

    private async Task<string> AskedAsync(string reply)
    {
        await Channel.BasicPublishAsync("", "q", mandatory: true, new BasicProperties { ReplyTo = ReplyTo },
            Bytes("?"));
        await using var channel = await ConfirmingAsync();
        await Broker.Queue("q").WaitUntilAsync(static queue => queue.ReadyCount == 1, Soon);
        var key = (await channel.BasicGetAsync("q", autoAck: true))!.BasicProperties.ReplyTo!;
        await channel.BasicPublishAsync("", key, mandatory: true, Bytes(reply));
        return key;
    }
}

public sealed class Reply40Tests : ReplyTests
{
    protected override TestBrokerOptions Options { get; } = new() { Profile = BrokerProfile.V4_0 };

    protected override ulong[] Tags => [1, 1, 2];

    protected override ulong TagOfGet => 1;

    protected override bool LateRepliesReturn => true;
}
