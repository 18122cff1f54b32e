using Broker.Client.Testing.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Faults;

public sealed class MethodFaultTests : BrokerTest
{
    private readonly FakeTimeProvider _clock = new();

    protected override TestBrokerOptions Options => new() { TimeProvider = _clock };

    [Fact]
    public async Task A_channel_is_closed_in_place_of_the_method()
    {
        Broker.On(Methods.Named("queue.declare").Number(2)).CloseChannel(403, "ACCESS_REFUSED - so there");

        await QueueAsync("a");
        var error = await Assert.ThrowsAsync<OperationInterruptedException>(() => QueueAsync("b"));

        Assert.Equal((403, 50, 10), (error.ShutdownReason!.ReplyCode, error.ShutdownReason.ClassId, error.ShutdownReason.MethodId));
        Assert.Equal(["a"], Broker.Queues().Select(static q => q.Name));
    }

    [Fact]
    public async Task A_connection_is_closed_in_place_of_the_method()
    {
        Broker.On(Methods.Named("basic.qos")).CloseConnection(540, "NOT_IMPLEMENTED - so there");

        var error = await Assert.ThrowsAnyAsync<OperationInterruptedException>(() => Channel.BasicQosAsync(0, 1, global: false));

        Assert.Equal(540, error.ShutdownReason!.ReplyCode);
        await Broker.WaitForConnectionsAsync(0, Soon);
    }

    [Fact]
    public async Task A_connection_is_cut_in_place_of_an_ack()
    {
        await QueueAsync();
        await SendAsync("q", "1");
        var fault = Broker.On(Methods.Named("basic.ack")).Cut();
        var got = (await Channel.BasicGetAsync("q", autoAck: false))!;

        await Channel.BasicAckAsync(got.DeliveryTag, multiple: false);
        await fault.WaitForBiteAsync();
        await Broker.WaitForConnectionsAsync(0, Soon);

        Assert.True(Assert.Single(Broker.Queue("q").Messages).IsRedelivered);
    }

    [Fact]
    public async Task A_method_is_delayed_by_the_brokers_clock()
    {
        var fault = Broker.On(Methods.Named("queue.declare")).Delay(TimeSpan.FromSeconds(5));

        var declaring = QueueAsync();
        await fault.WaitForBiteAsync();
        Assert.False(Broker.Queue("q").Exists);
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("q", await declaring.WaitAsync(Soon));
    }

    [Fact]
    public async Task An_error_of_a_delayed_method_closes_its_channel()
    {
        var fault = Broker.On(Methods.Named("queue.purge")).Delay(TimeSpan.FromSeconds(5));

        var purging = Channel.QueuePurgeAsync("none");
        await fault.WaitForBiteAsync();
        _clock.Advance(TimeSpan.FromSeconds(5));

        var error = await Assert.ThrowsAsync<OperationInterruptedException>(() => purging.WaitAsync(Soon));
        Assert.Equal((404, 50, 30), (error.ShutdownReason!.ReplyCode, error.ShutdownReason.ClassId, error.ShutdownReason.MethodId));
    }

    [Theory]
    [InlineData("basic.publish")]
    [InlineData("basic.deliver")]
    [InlineData("queue.declare-ok")]
    [InlineData("connection.open")]
    [InlineData("queue.declair")]
    public void Only_what_clients_send_on_a_channel_has_a_name_here(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => Methods.Named(name));

        Assert.Contains(name == "basic.publish" ? "use Publishes" : name, error.Message);
    }
}
