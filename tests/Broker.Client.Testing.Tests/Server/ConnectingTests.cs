using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Server;

public sealed class ConnectingTests : BrokerTest
{
    [Fact]
    public void The_server_says_what_it_is_and_what_it_can()
    {
        Assert.Equal("Broker.Client.Testing", Text((byte[])Connection.ServerProperties!["product"]!));
        Assert.Equal("4.3.6", Text((byte[])Connection.ServerProperties["version"]!));
        var can = (IDictionary<string, object?>)Connection.ServerProperties["capabilities"]!;
        Assert.Equal(true, can["publisher_confirms"]);
        Assert.Equal(true, can["consumer_priorities"]);
        Assert.Equal(131_072u, Connection.FrameMax);
        Assert.Equal(2047, Connection.ChannelMax);
        Assert.Equal(1, Broker.ConnectionCount);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_with_403()
    {
        var error = await Assert.ThrowsAsync<BrokerUnreachableException>(() => ConnectAsync(f => f.Password = "no"));
        var refused = Assert.IsType<AuthenticationFailureException>(error.InnerException);
        Assert.Contains("Login was refused using authentication mechanism PLAIN", refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_virtual_host_is_refused_with_530()
    {
        // This client believes itself connected before it has the answer.
        var connection = await ConnectAsync(static f => f.VirtualHost = "no");
        await Assert.ThrowsAnyAsync<OperationInterruptedException>(() => connection.CreateChannelAsync());
        Assert.Equal("530 NOT_ALLOWED - vhost no not found",
            $"{connection.CloseReason!.ReplyCode} {connection.CloseReason.ReplyText}");
        Assert.Equal((10, 40), (connection.CloseReason.ClassId, connection.CloseReason.MethodId));
    }

    [Fact]
    public async Task Another_protocol_is_answered_with_the_version_spoken_here()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Broker.Uri.Port);
        await socket.SendAsync("AMQP\0\x01\0\0"u8.ToArray());
        var answer = new byte[16];
        var length = 0;
        while (await socket.ReceiveAsync(answer.AsMemory(length)) is var read && read > 0) length += read;
        Assert.Equal("AMQP\0\0\x09\x01"u8.ToArray(), answer[..length]);
    }

    [Fact]
    public async Task External_logs_in_where_the_option_vouches_for_it()
    {
        await using var broker = await TestBroker.StartAsync(new() { AcceptExternal = true });
        var factory = new ConnectionFactory { Uri = broker.Uri, AuthMechanisms = [new ExternalMechanismFactory()] };
        await using var connection = await factory.CreateConnectionAsync();
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_secret_can_be_renewed() => await Connection.UpdateSecretAsync("new", "old");

    [Fact]
    public async Task An_idle_connection_with_heartbeats_stays_open()
    {
        var connection = await ConnectAsync(static f => f.RequestedHeartbeat = TimeSpan.FromSeconds(1));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.True(connection.IsOpen);
        await using var channel = await connection.CreateChannelAsync();
        Assert.True(channel.IsOpen);
    }

    [Fact]
    public async Task The_broker_closes_all_connections_with_320()
    {
        var closed = new TaskCompletionSource<string>();
        Connection.ConnectionShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult($"{reason.ReplyCode} {reason.ReplyText}");
            return Task.CompletedTask;
        };
        await Broker.CloseAllConnectionsAsync();
        Assert.Equal("320 CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
            await closed.Task.WaitAsync(Soon));
        Assert.Equal(0, Broker.ConnectionCount);
        Assert.True((await ConnectAsync()).IsOpen);
    }

    [Fact]
    public async Task Many_brokers_run_at_once_and_start_fast()
    {
        var brokers = new List<TestBroker>();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) brokers.Add(await TestBroker.StartAsync());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1), $"{watch.Elapsed}");
        Assert.Equal(20, brokers.Select(static b => b.Uri.Port).Distinct().Count());
        foreach (var broker in brokers) await broker.DisposeAsync();
    }

    [Fact]
    public async Task A_port_is_one_brokers_and_free_after_it()
    {
        var port = Broker.Uri.Port;
        await Assert.ThrowsAsync<SocketException>(() => TestBroker.StartAsync(new() { Port = port }));
        await Broker.DisposeAsync();
        await using var next = await TestBroker.StartAsync(new() { Port = port });
        Assert.Equal(port, next.Uri.Port);
    }

    [Fact]
    public async Task Publishing_connections_are_blocked_and_unblocked()
    {
        var blocked = new TaskCompletionSource<string>();
        var unblocked = new TaskCompletionSource();
        Connection.ConnectionBlockedAsync += (_, e) =>
        {
            blocked.TrySetResult(e.Reason);
            return Task.CompletedTask;
        };
        Connection.ConnectionUnblockedAsync += (_, _) =>
        {
            unblocked.TrySetResult();
            return Task.CompletedTask;
        };
        await QueueAsync();
        await SendAsync("q", "1");
        await using var channel = await ConfirmingAsync();
        Broker.Block("low on memory");
        // Who does not publish is not told, and served.
        await Channel.QueueDeclarePassiveAsync("q");
        Assert.False(blocked.Task.IsCompleted);
        var late = channel.BasicPublishAsync("", "q", Bytes("2")).AsTask();
        Assert.Equal("low on memory", await blocked.Task.WaitAsync(Soon));
        Assert.False(late.IsCompleted);
        Assert.Equal(1, Broker.Queue("q").ReadyCount);
        Broker.Unblock();
        await unblocked.Task.WaitAsync(Soon);
        await late.WaitAsync(Soon);
        Assert.Equal(2, Broker.Queue("q").ReadyCount);
    }
}
