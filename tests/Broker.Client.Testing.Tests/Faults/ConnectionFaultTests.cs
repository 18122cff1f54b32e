using System.Net.Sockets;
using Broker.Client.Testing.Tests.Server;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Faults;

public sealed class ConnectionFaultTests : BrokerTest
{
    [Fact]
    public async Task Logins_are_refused_until_the_fault_is_lifted()
    {
        var fault = Broker.RefuseLogins();

        var error = await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync());
        fault.Lift();
        var connection = await ConnectAsync();

        Assert.IsType<AuthenticationFailureException>(error.InnerException);
        Assert.Equal(2, Assert.Single(fault.Bites).Connection);
        Assert.True(connection.IsOpen);
        Assert.True(Connection.IsOpen);
    }

    [Fact]
    public async Task Connections_are_refused_until_the_fault_is_lifted()
    {
        var fault = Broker.RefuseConnections();

        var error = await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync());
        fault.Lift();

        var cause = Assert.IsType<SocketException>(error.GetBaseException());
        Assert.Equal(SocketError.ConnectionRefused, cause.SocketErrorCode);
        Assert.True((await ConnectAsync()).IsOpen);
        Assert.True(Connection.IsOpen);
        Broker.AssertBit();
    }

    [Theory]
    [InlineData(CutKind.Close)]
    [InlineData(CutKind.Reset)]
    public async Task All_connections_are_cut_without_a_word(CutKind kind)
    {
        var other = await ConnectAsync();
        var ended = new TaskCompletionSource<ShutdownInitiator>(TaskCreationOptions.RunContinuationsAsynchronously);
        other.ConnectionShutdownAsync += (_, reason) =>
        {
            ended.TrySetResult(reason.Initiator);
            return Task.CompletedTask;
        };

        await Broker.CutAllConnectionsAsync(kind);

        Assert.Equal(0, Broker.ConnectionCount);
        Assert.Equal(ShutdownInitiator.Library, await ended.Task.WaitAsync(Soon)); // no close came
        Assert.True((await ConnectAsync()).IsOpen);
    }

    [Fact]
    public async Task A_connection_is_seen_and_closed_alone()
    {
        await ConnectAsync(static factory => factory.ClientProvidedName = "mine");
        await Broker.WaitForConnectionsAsync(2, Soon); // the driver does not wait for connection.open-ok
        var mine = Assert.Single(Broker.Connections, static c => c.Name == "mine");
        Assert.Equal((2, "guest", "/", 0, true), (mine.Number, mine.UserName, mine.VirtualHost, mine.ChannelCount, mine.IsOpen));

        mine.Close(320, "CONNECTION_FORCED - so there");
        await Broker.WaitForConnectionsAsync(1, Soon);

        Assert.False(mine.IsOpen);
        Assert.True(Connection.IsOpen);
        Assert.Equal(1, Assert.Single(Broker.Connections).ChannelCount);
    }

    [Fact]
    public async Task A_channel_is_closed_and_its_messages_go_back()
    {
        await QueueAsync();
        await SendAsync("q", "1");
        await Channel.BasicGetAsync("q", autoAck: false);
        var connection = Assert.Single(Broker.Connections);

        var reason = await ClosesAsync(Channel, () =>
        {
            connection.CloseChannel(1, 406, "PRECONDITION_FAILED - so there");
            return Task.CompletedTask;
        });

        Assert.Equal((406, "PRECONDITION_FAILED - so there"), (reason.ReplyCode, reason.ReplyText));
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
        Assert.Throws<ArgumentException>(() => connection.CloseChannel(9, 406, "no such channel"));
    }

    [Fact]
    public async Task A_wait_for_connections_that_fails_says_how_many_there_are()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(
            () => Broker.WaitForConnectionsAsync(2, TimeSpan.FromMilliseconds(1)));

        Assert.EndsWith("1 clients are connected; 2 were waited for.", error.Message, StringComparison.Ordinal);
    }
}
