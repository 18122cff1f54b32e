using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Broker.Client.IntegrationTests.Brokers;

public sealed class TcpRelayTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_ends_the_connection_and_a_new_one_is_accepted(bool reset)
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var connection = await ConnectAsync(relay);
        var ended = EndOf(connection);

        relay.CutAll(reset);

        await ended.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        await using var second = await ConnectAsync(relay);
        Assert.Equal((2, 1), (relay.Accepted, relay.Open));
    }

    [Fact]
    public async Task What_is_stalled_comes_through_after_a_resume()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var connection = await ConnectAsync(relay);

        relay.Stall(Flow.ToClient);
        var opened = connection.CreateChannelAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => opened.WaitAsync(TimeSpan.FromMilliseconds(300), TimeProvider.System));
        relay.Resume();

        await using var channel = await opened;
        Assert.True(channel.IsOpen);
    }

    [Fact]
    public async Task A_refused_connection_fails_at_once_and_open_ones_stay()
    {
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var connection = await ConnectAsync(relay);

        relay.Refuse();
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(relay)).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
        await using var channel = await connection.CreateChannelAsync();
        relay.AcceptAgain();

        await using var second = await ConnectAsync(relay);
        Assert.Equal(2, relay.Accepted);
    }

    private static Task<IConnection> ConnectAsync(TcpRelay relay) =>
        new ConnectionFactory { Uri = relay.Uri, AutomaticRecoveryEnabled = false }.CreateConnectionAsync("relayed");

    private static Task<ShutdownEventArgs> EndOf(IConnection connection)
    {
        var ended = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, end) =>
        {
            ended.TrySetResult(end);
            return Task.CompletedTask;
        };
        return ended.Task;
    }
}
