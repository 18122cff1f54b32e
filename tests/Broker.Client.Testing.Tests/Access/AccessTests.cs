using Broker.Client.Testing.Tests.Server;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Broker.Client.Testing.Tests.Access;

/// <summary>Users, what they may do, and virtual hosts.</summary>
public sealed class AccessTests : BrokerTest
{
    [Theory]
    [InlineData("configure", "queue 'q'")]
    [InlineData("write", "exchange 'amq.default'")]
    [InlineData("read", "queue 'q'")]
    public async Task What_a_user_may_not_do_is_refused_by_name_and_alone(string kind, string what)
    {
        await QueueAsync("q");
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", Pattern("configure"), Pattern("write"), Pattern("read"));
        var connection = await LimitedAsync();
        Dictionary<string, Func<IChannel, Task>> operations = new()
        {
            ["configure"] = static channel => channel.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false),
            ["write"] = static channel => channel.BasicPublishAsync("", "q", Bytes("m")).AsTask(),
            ["read"] = static channel => channel.BasicGetAsync("q", autoAck: true),
        };
        await using var open = await connection.CreateChannelAsync();
        await using var refused = await connection.CreateChannelAsync();

        foreach (var (name, operation) in operations)
            if (name != kind) await operation(open);
        var reason = await ClosesAsync(refused, () => operations[kind](refused));

        Assert.Equal($"403 ACCESS_REFUSED - {kind} access to {what} in vhost '/' refused for user 'limited'", $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.True(open.IsOpen);

        string Pattern(string of) => of == kind ? "^$" : "^(q|amq\\.default)$";
    }

    [Fact]
    public async Task A_permission_that_is_taken_away_counts_from_the_next_operation_on()
    {
        await QueueAsync("q");
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", "", "", ".*");
        await using var channel = await (await LimitedAsync()).CreateChannelAsync();
        await channel.BasicGetAsync("q", autoAck: true);

        Broker.Access.SetPermissions("limited", "", "", "");

        Assert.Equal(403, (await ClosesAsync(channel, () => channel.BasicGetAsync("q", autoAck: true))).ReplyCode);
    }

    [Theory]
    [InlineData("q", "")]
    [InlineData("", "q")]
    public async Task On_4_3_who_may_do_nothing_with_a_queue_may_not_look_for_it_either(string write, string read)
    {
        await QueueAsync("q");
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", "", write, read);
        await using var channel = await (await LimitedAsync()).CreateChannelAsync();
        await channel.QueueDeclarePassiveAsync("q");

        Broker.Access.SetPermissions("limited", "", "", "");
        var reason = await ClosesAsync(channel, () => channel.QueueDeclarePassiveAsync("q"));

        Assert.Equal("ACCESS_REFUSED - configure access to queue 'q' in vhost '/' refused for user 'limited'", reason.ReplyText);
    }

    [Fact]
    public async Task Binding_writes_to_the_queue_and_reads_from_the_exchange()
    {
        await QueueAsync("q");
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", "", "q", "amq.topic");
        await using var channel = await (await LimitedAsync()).CreateChannelAsync();
        await channel.QueueBindAsync("q", "amq.topic", "#");

        var reason = await ClosesAsync(channel, () => channel.QueueBindAsync("q", "amq.fanout", ""));

        Assert.Equal("ACCESS_REFUSED - read access to exchange 'amq.fanout' in vhost '/' refused for user 'limited'", reason.ReplyText);
    }

    [Fact]
    public async Task Who_declares_a_queue_that_dead_letters_may_write_to_where_it_does()
    {
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", ".*", "", ".*");
        await using var channel = await (await LimitedAsync()).CreateChannelAsync();

        var reason = await ClosesAsync(channel, () => channel.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-dead-letter-exchange"] = "amq.direct" }));

        Assert.Equal("ACCESS_REFUSED - write access to exchange 'amq.direct' in vhost '/' refused for user 'limited'", reason.ReplyText);
    }

    [Fact]
    public async Task A_user_without_permissions_may_not_connect_and_one_with_a_wrong_password_neither()
    {
        Broker.Access.AddUser("limited", "secret");

        var stranger = await RefusedAsync(LimitedAsync);
        var wrong = await Assert.ThrowsAsync<BrokerUnreachableException>(
            () => ConnectAsync(static factory => (factory.UserName, factory.Password) = ("limited", "guess")));

        Assert.Equal("530 NOT_ALLOWED - access to vhost '/' refused for user 'limited'", stranger);
        Assert.IsType<AuthenticationFailureException>(wrong.InnerException);
    }

    [Fact]
    public async Task A_user_who_is_deleted_loses_the_connections_and_nobody_else_does()
    {
        Broker.Access.AddUser("limited", "secret");
        Broker.Access.SetPermissions("limited", ".*", ".*", ".*");
        var end = EndOf(await LimitedAsync());
        await Broker.WaitForConnectionsAsync(2, Soon);

        await Broker.Access.DeleteUserAsync("limited");

        Assert.Equal("320 CONNECTION_FORCED - user 'limited' is deleted", await end.WaitAsync(Soon));
        Assert.Equal(1, Broker.ConnectionCount);
        Assert.True(Connection.IsOpen);
    }

    [Fact]
    public async Task A_virtual_host_comes_empty_and_closed_to_all_and_goes_with_its_connections()
    {
        Broker.Access.AddVirtualHost("other");
        var refused = await RefusedAsync(() => ConnectAsync(static factory => factory.VirtualHost = "other"));
        Broker.Access.SetPermissions("guest", ".*", ".*", ".*", "other");
        var end = EndOf(await ConnectAsync(static factory => factory.VirtualHost = "other"));
        await Broker.WaitForConnectionsAsync(2, Soon);

        await Broker.Access.DeleteVirtualHostAsync("other");

        Assert.Equal("530 NOT_ALLOWED - access to vhost 'other' refused for user 'guest'", refused);
        Assert.Equal("320 CONNECTION_FORCED - vhost 'other' is deleted", await end.WaitAsync(Soon));
        Assert.Throws<ArgumentException>(() => Broker.Queue("q", "other"));
        Assert.True(Connection.IsOpen);
    }

    // This client believes itself connected before it has the answer.
    private static async Task<string> RefusedAsync(Func<Task<IConnection>> connect)
    {
        var connection = await connect();
        await Assert.ThrowsAnyAsync<OperationInterruptedException>(() => connection.CreateChannelAsync());
        return $"{connection.CloseReason!.ReplyCode} {connection.CloseReason.ReplyText}";
    }

    private static Task<string> EndOf(IConnection connection)
    {
        var end = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            end.TrySetResult($"{reason.ReplyCode} {reason.ReplyText}");
            return Task.CompletedTask;
        };
        return end.Task;
    }

    private Task<IConnection> LimitedAsync() => ConnectAsync(static factory => (factory.UserName, factory.Password) = ("limited", "secret"));
}
