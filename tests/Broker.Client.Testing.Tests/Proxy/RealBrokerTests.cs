using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Proxy;

/// <summary>The proxy between RabbitMQ.Client and a broker that somebody else wrote.</summary>
public sealed class RealBrokerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly List<IConnection> _connections = [];

    private FaultProxy Proxy { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var uri = Environment.GetEnvironmentVariable("BROKER_URI");
        Assert.True(uri is not null, "These tests need a broker: set BROKER_URI, amqp://guest:guest@127.0.0.1 say.");
        Proxy = await FaultProxy.StartAsync(new Uri(uri));
    }

    public async ValueTask DisposeAsync()
    {
        if (Proxy is null) return;
        // First the proxy: a connection that a test broke would wait for an answer to its close.
        await Proxy.DisposeAsync();
        foreach (var connection in _connections) await connection.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_fault_messages_go_and_come_and_a_large_one_too()
    {
        var channel = await OpenAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var body = new byte[1_000_000];
        new Random(1).NextBytes(body);
        await channel.BasicPublishAsync("", queue, body);

        var got = await channel.BasicGetAsync(queue, autoAck: true);
        Assert.Equal(body, got!.Body.ToArray());
        Assert.True(Assert.Single(Proxy.Connections).IsAmqp);
    }

    [Fact]
    public async Task A_confirm_that_is_dropped_or_held_does_not_come()
    {
        var channel = await OpenAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var drop = Proxy.On(Frames.Method("basic.ack").FromBroker().Number(1)).Drop();
        var hold = Proxy.On(Frames.Method("basic.ack").FromBroker().Number(2)).Hold();

        var lost = channel.BasicPublishAsync("", queue, new byte[1]).AsTask();
        await drop.WaitForBiteAsync();
        var late = channel.BasicPublishAsync("", queue, new byte[1]).AsTask();
        await hold.WaitForBiteAsync();
        Assert.False(lost.IsCompleted);
        Assert.False(late.IsCompleted);
        Assert.Equal(2u, await channel.MessageCountAsync(queue));

        hold.Lift();
        await late.WaitAsync(s_soon);
        Assert.False(lost.IsCompleted);
    }

    [Fact]
    public async Task A_publish_cut_before_is_not_stored_and_one_cut_after_is()
    {
        var watching = await OpenAsync();
        var queue = (await watching.QueueDeclareAsync("", exclusive: false)).QueueName;
        foreach (var (after, stored) in ((bool, uint)[])[(false, 0u), (true, 1u)])
        {
            var channel = await OpenAsync();
            var publishes = Frames.Method("basic.publish").On(Proxy.Connections[^1]).Number(1);
            var cut = after ? Proxy.On(publishes).CutAfter() : Proxy.On(publishes).CutBefore();
            Proxy.On(Frames.Method("basic.ack").On(Proxy.Connections[^1])).Drop();
            await Assert.ThrowsAnyAsync<Exception>(() =>
                channel.BasicPublishAsync("", queue, "x"u8.ToArray()).AsTask().WaitAsync(s_soon));
            await cut.WaitForBiteAsync();
            await UntilAsync(async () => await watching.MessageCountAsync(queue) == stored);
        }

        await watching.QueueDeleteAsync(queue);
    }

    [Fact]
    public async Task A_duplicated_publish_is_stored_twice_and_a_dropped_one_not_at_all()
    {
        var channel = await OpenAsync(confirms: false);
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        Proxy.On(Frames.Method("basic.publish").FromClient().Number(1)).Duplicate();
        Proxy.On(Frames.Method("basic.publish").FromClient().Number(2)).Drop();
        await channel.BasicPublishAsync("", queue, "one"u8.ToArray());
        await channel.BasicPublishAsync("", queue, "two"u8.ToArray());

        // Without confirms the count may be asked for before the messages have reached the queue.
        await UntilAsync(async () => await channel.MessageCountAsync(queue) == 2);
        for (var i = 0; i < 2; i++)
            Assert.Equal("one"u8.ToArray(), (await channel.BasicGetAsync(queue, autoAck: true))!.Body.ToArray());
        Proxy.AssertBit();
    }

    [Fact]
    public async Task A_corrupt_frame_end_makes_the_broker_close_with_501()
    {
        var channel = await OpenAsync();
        var closed = Closed(_connections[^1]);
        Proxy.On(Frames.Method("queue.declare").FromClient()).CorruptEnd();
        await Assert.ThrowsAnyAsync<Exception>(() => channel.QueueDeclareAsync());

        Assert.Equal(501, (await closed.WaitAsync(s_soon)).ReplyCode);
        Proxy.AssertBit();
    }

    [Fact]
    public async Task A_frame_of_the_broker_can_be_invented()
    {
        var channel = await OpenAsync();
        var closed = new TaskCompletionSource<ShutdownEventArgs>();
        channel.ChannelShutdownAsync += (_, e) => Task.FromResult(closed.TrySetResult(e));
        var frame = new AmqpWriter().MethodFrame(1, new ChannelClose(406, "invented", 0, 0)).ToArray();
        await Proxy.Connections[0].InjectAsync(FaultDirection.ToClient, frame);

        var reason = await closed.Task.WaitAsync(s_soon);
        Assert.Equal((406, "invented"), (reason.ReplyCode, reason.ReplyText));
    }

    [Fact]
    public async Task Deliveries_are_held_with_their_content_while_heartbeats_and_replies_pass()
    {
        var channel = await OpenAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var got = new System.Collections.Concurrent.ConcurrentQueue<byte>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, e) =>
        {
            got.Enqueue(e.Body.Span[0]);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        var hold = Proxy.On(Frames.Method("basic.deliver")).Hold();
        for (byte i = 0; i < 20; i++) await channel.BasicPublishAsync("", queue, new[] { i });
        await hold.WaitForBiteAsync(20);
        Assert.Empty(got);

        hold.Lift();
        await UntilAsync(() => Task.FromResult(got.Count == 20));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (byte)i), got);
    }

    [Fact]
    public async Task A_half_open_connection_is_found_by_heartbeats_only()
    {
        await OpenAsync(heartbeat: TimeSpan.FromSeconds(1));
        var closed = Closed(_connections[^1]);
        var swallow = Proxy.Connections[0].Both.Swallow();
        await swallow.WaitForBiteAsync();
        Assert.False(closed.IsCompleted);
        await closed.WaitAsync(s_soon);
    }

    [Fact]
    public async Task Slow_thin_and_late_lines_break_nothing()
    {
        Proxy.ToBroker.Slice(5);
        Proxy.ToClient.Slice(7);
        Proxy.ToClient.Delay(TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(2));
        Proxy.ToBroker.Bandwidth(1_000_000);
        var channel = await OpenAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        for (var i = 0; i < 50; i++) await channel.BasicPublishAsync("", queue, new byte[100]);
        Assert.Equal(50u, await channel.MessageCountAsync(queue));
        Proxy.AssertBit();
    }

    [Fact]
    public async Task Connections_are_refused_or_wait_for_an_answer_until_that_is_lifted()
    {
        var refusal = Proxy.RefuseConnections();
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => OpenAsync());
        refusal.Lift();

        var mute = Proxy.NeverAnswer();
        var opening = OpenAsync(timeout: s_soon);
        await mute.WaitForBiteAsync();
        Assert.False(opening.IsCompleted);
        mute.Lift();
        await opening.WaitAsync(s_soon);
    }

    [Fact]
    public async Task A_random_schedule_ends_with_a_proxy_that_works()
    {
        var schedule = FaultSchedule.Random(3, 12, longest: TimeSpan.FromMilliseconds(100));
        var playing = Proxy.PlayAsync(schedule);
        var deadline = Task.Delay(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!playing.IsCompleted && !deadline.IsCompleted)
            try
            {
                var channel = await OpenAsync(timeout: TimeSpan.FromSeconds(1));
                var queue = (await channel.QueueDeclareAsync()).QueueName;
                for (var i = 0; i < 200 && !playing.IsCompleted; i++)
                    await channel.BasicPublishAsync("", queue, new byte[1000])
                        .AsTask().WaitAsync(TimeSpan.FromSeconds(1));
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                // Whatever the faults made of it: connect again.
            }

        await playing.WaitAsync(TimeSpan.FromSeconds(1));
        await OpenAsync();
    }

    private async Task<IChannel> OpenAsync(bool confirms = true, TimeSpan? heartbeat = null, TimeSpan? timeout = null)
    {
        var factory = new ConnectionFactory
        {
            Uri = Proxy.Uri,
            AutomaticRecoveryEnabled = false,
            RequestedHeartbeat = heartbeat ?? TimeSpan.FromSeconds(60),
            RequestedConnectionTimeout = timeout ?? TimeSpan.FromSeconds(3),
            HandshakeContinuationTimeout = timeout ?? TimeSpan.FromSeconds(3),
            ContinuationTimeout = timeout ?? s_soon,
        };
        var connection = await factory.CreateConnectionAsync();
        _connections.Add(connection);
        return await connection.CreateChannelAsync(new CreateChannelOptions(confirms, confirms));
    }

    private static Task<ShutdownEventArgs> Closed(IConnection connection)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>();
        connection.ConnectionShutdownAsync += (_, e) => Task.FromResult(closed.TrySetResult(e));
        return closed.Task;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_soon);
        while (!await condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
    }
}
