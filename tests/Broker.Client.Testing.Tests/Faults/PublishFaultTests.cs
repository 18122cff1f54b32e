using Broker.Client.Testing.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Faults;

public sealed class PublishFaultTests : BrokerTest
{
    private readonly FakeTimeProvider _clock = new();

    protected override TestBrokerOptions Options => new() { TimeProvider = _clock };

    [Theory]
    [InlineData(CutKind.Close)]
    [InlineData(CutKind.Reset)]
    public async Task Stored_then_cut_keeps_the_message_and_confirms_only_those_before_it(CutKind kind)
    {
        await QueueAsync();
        var fault = Broker.On(Publishes.To("q").Number(3)).StoreThenCut(kind);
        var (connection, channel) = await PublisherAsync();
        var ended = EndOf(connection);

        await SendAsync(channel, "1");
        await SendAsync(channel, "2");
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(channel, "3"));

        Assert.NotEqual(ShutdownInitiator.Application, (await ended).Initiator);
        Assert.Equal(["1", "2", "3"], Broker.Queue("q").Messages.Select(static m => m.GetText()));
        Assert.Equal((2, FaultDirection.ToBroker, 3), (fault.Bites[0].Connection, fault.Bites[0].Direction, fault.Bites[0].Number));
    }

    [Fact]
    public async Task Cut_before_it_is_stored_loses_the_message()
    {
        await QueueAsync();
        Broker.On(Publishes.To("q").Number(2)).CutBeforeStore();
        var (_, channel) = await PublisherAsync();

        await SendAsync(channel, "1");
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync(channel, "2"));

        Assert.Equal(["1"], Broker.Queue("q").Messages.Select(static m => m.GetText()));
        Broker.AssertBit();
    }

    [Fact]
    public async Task A_confirm_is_withheld_until_the_fault_is_lifted_and_others_are_not()
    {
        await QueueAsync();
        var fault = Broker.On(Publishes.To("q").Number(2)).WithholdConfirm();
        var (_, channel) = await PublisherAsync();

        var first = SendAsync(channel, "1");
        var second = SendAsync(channel, "2");
        var third = SendAsync(channel, "3");
        await Task.WhenAll(first, third).WaitAsync(Soon);
        await SendAsync(channel, "4").WaitAsync(Soon); // an ack of many would have taken the second along

        Assert.False(second.IsCompleted);
        Assert.Equal(4, Broker.Queue("q").ReadyCount);
        fault.Lift();
        await second.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_nack_stores_nothing()
    {
        await QueueAsync();
        Broker.On(Publishes.Any.Every(2)).Nack();
        var (_, channel) = await PublisherAsync();

        await SendAsync(channel, "1");
        var error = await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishException>(() => SendAsync(channel, "2"));
        await SendAsync(channel, "3");
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishException>(() => SendAsync(channel, "4"));

        Assert.IsNotType<PublishReturnException>(error);
        Assert.Equal(["1", "3"], Broker.Queue("q").Messages.Select(static m => m.GetText()));
        Assert.Equal([2L, 4L], Broker.Bites.Select(static bite => bite.Number));
    }

    [Fact]
    public async Task A_return_comes_before_the_confirm_and_stores_nothing()
    {
        await QueueAsync();
        Broker.On(Publishes.Where(static p => p.GetText() == "2")).Return(312, "NO_ROUTE");
        var (_, channel) = await PublisherAsync();

        await SendAsync(channel, "1");
        var error = await Assert.ThrowsAsync<PublishReturnException>(() => SendAsync(channel, "2"));

        Assert.Equal((312, "NO_ROUTE", "q"), (error.ReplyCode, error.ReplyText, error.RoutingKey));
        Assert.Equal(1, Broker.Queue("q").MessageCount);
    }

    [Fact]
    public async Task A_return_and_a_nack_let_those_alone_that_cannot_have_them()
    {
        await QueueAsync();
        var returning = Broker.On(Publishes.Any).Return();
        await Channel.BasicPublishAsync("", "q", mandatory: false, Bytes("not mandatory"));
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 1, Soon);
        returning.Lift();
        Broker.On(Publishes.Any).Nack();
        await Channel.BasicPublishAsync("", "q", mandatory: true, Bytes("no confirms"));
        await Broker.Queue("q").WaitUntilAsync(static q => q.ReadyCount == 2, Soon);

        Assert.Empty(Broker.Bites);
        var error = Assert.Throws<InvalidOperationException>(Broker.AssertBit);
        Assert.Equal("These faults never bit: return any publish; nack any publish", error.Message);
    }

    [Fact]
    public async Task A_delay_holds_the_message_and_what_follows_it_by_the_brokers_clock()
    {
        await QueueAsync();
        var fault = Broker.On(Publishes.To("q").Number(1)).Delay(TimeSpan.FromMinutes(1));
        var (_, channel) = await PublisherAsync();

        var first = SendAsync(channel, "1");
        var second = SendAsync(channel, "2");
        await fault.WaitForBiteAsync();
        Assert.Equal(0, Broker.Queue("q").MessageCount);
        _clock.Advance(TimeSpan.FromMinutes(1));

        await Task.WhenAll(first, second).WaitAsync(Soon);
        Assert.Equal(["1", "2"], Broker.Queue("q").Messages.Select(static m => m.GetText()));
    }

    [Fact]
    public async Task A_connection_that_waits_for_a_delay_can_still_be_closed()
    {
        await QueueAsync();
        var fault = Broker.On(Publishes.Any).Delay(TimeSpan.FromMinutes(1));
        var (connection, channel) = await PublisherAsync();
        var ended = EndOf(connection);
        var sending = SendAsync(channel, "1");
        await fault.WaitForBiteAsync();

        await Broker.CloseAllConnectionsAsync().WaitAsync(Soon);

        Assert.Equal(320, (await ended).ReplyCode);
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        Assert.Equal(0, Broker.Queue("q").MessageCount);
    }

    [Fact]
    public async Task A_channel_is_closed_at_a_publish()
    {
        await QueueAsync();
        Broker.On(Publishes.ToExchange("amq.direct", "k")).CloseChannel(406, "PRECONDITION_FAILED - so there");

        var reason = await ClosesAsync(Channel, async () =>
        {
            await Channel.BasicPublishAsync("amq.direct", "other", Bytes("1"));
            await Channel.BasicPublishAsync("amq.direct", "k", Bytes("2"));
        });

        Assert.Equal((406, "PRECONDITION_FAILED - so there", 60, 40), (reason.ReplyCode, reason.ReplyText, reason.ClassId, reason.MethodId));
        Assert.True(Connection.IsOpen);
    }

    [Fact]
    public async Task A_connection_is_closed_at_a_publish()
    {
        Broker.On(Publishes.Any).CloseConnection(541, "INTERNAL_ERROR - so there");
        var ended = EndOf(Connection);

        await Channel.BasicPublishAsync("", "q", Bytes("1"));

        Assert.Equal((541, "INTERNAL_ERROR - so there"), ((await ended).ReplyCode, (await ended).ReplyText));
    }

    [Fact]
    public async Task The_fault_armed_first_acts_and_all_count()
    {
        await QueueAsync();
        var second = Broker.On(Publishes.Any.Number(2)).Nack();
        var returning = Broker.On(Publishes.Any).Return();
        var (_, channel) = await PublisherAsync();

        await Assert.ThrowsAsync<PublishReturnException>(() => SendAsync(channel, "1"));
        await Assert.ThrowsAsync<RabbitMQ.Client.Exceptions.PublishException>(() => SendAsync(channel, "2"));
        await Assert.ThrowsAsync<PublishReturnException>(() => SendAsync(channel, "3"));

        Assert.Equal([2L], second.Bites.Select(static bite => bite.Number));
        Assert.Equal([1L, 3L], returning.Bites.Select(static bite => bite.Number));
    }

    private static Task SendAsync(IChannel channel, string body) =>
        channel.BasicPublishAsync("", "q", mandatory: true, Bytes(body)).AsTask();

    private static Task<ShutdownEventArgs> EndOf(IConnection connection)
    {
        var ended = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            ended.TrySetResult(reason);
            return Task.CompletedTask;
        };
        return ended.Task.WaitAsync(Soon);
    }

    private async Task<(IConnection Connection, IChannel Channel)> PublisherAsync()
    {
        var connection = await ConnectAsync();
        return (connection, await connection.CreateChannelAsync(new(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: null)));
    }
}
