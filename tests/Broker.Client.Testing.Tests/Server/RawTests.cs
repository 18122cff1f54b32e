namespace Broker.Client.Testing.Tests.Server;

/// <summary>What no driver sends, sent with the codec.</summary>
public sealed class RawTests : RawTest
{
    [Fact]
    public async Task Confirms_that_are_due_together_are_one()
    {
        await OpenAsync();
        await SendAsync(new ConfirmSelect(NoWait: true), channel: 1);
        for (var i = 0; i < 50; i++) Content("", "nowhere", "x");
        await SendAsync(Writer);
        var ack = await ExpectAsync<BasicAck>();
        Assert.Equal(new(50, Multiple: true), ack);
    }

    [Fact]
    public async Task A_body_comes_in_frames_no_larger_than_agreed()
    {
        await OpenAsync(frameMax: 8192);
        await SendAsync(new QueueDeclare("q", false, true, false, false, NoWait: true, null), channel: 1);
        await SendAsync(new BasicPublish("", "q", false, false), channel: 1);
        Writer.HeaderFrame(1, ContentHeader.Of(MessageProperties.None, 20_000)).BodyFrames(1, new byte[20_000], 8192);
        await SendAsync(Writer);
        await SendAsync(new BasicGet("q", NoAck: true), channel: 1);
        await ExpectAsync<BasicGetOk>();
        Assert.Equal(FrameType.Header, (await NextAsync())!.Value.Type);
        Assert.Equal(8184, (await NextAsync())!.Value.Payload.Length);
        Assert.Equal(8184, (await NextAsync())!.Value.Payload.Length);
        Assert.Equal(20_000 - 2 * 8184, (await NextAsync())!.Value.Payload.Length);
    }

    [Fact]
    public async Task A_frame_without_its_end_is_501()
    {
        await OpenAsync();
        await SendAsync(Writer.Raw([8, 0, 0, 0, 0, 0, 0, 0]));
        await ExpectCloseAsync(501, "FRAME_ERROR - A frame ends with 0x00 where 0xCE belongs");
    }

    [Fact]
    public async Task An_unknown_method_is_503()
    {
        await OpenAsync();
        await SendAsync(Writer.Raw([1, 0, 1, 0, 0, 0, 4, 0, 99, 0, 1, 0xCE]));
        await ExpectCloseAsync(503, "COMMAND_INVALID - Class 99 has no method 1");
    }

    [Fact]
    public async Task A_method_that_only_servers_send_is_503()
    {
        await OpenAsync();
        await SendAsync(new QueueDeclareOk("q", 0, 0), channel: 1);
        await ExpectCloseAsync(503, "COMMAND_INVALID - unimplemented method");
    }

    [Fact]
    public async Task A_channel_that_is_not_open_is_504()
    {
        await OpenAsync();
        await SendAsync(new BasicQos(0, 1, false), channel: 2);
        await ExpectCloseAsync(504, "CHANNEL_ERROR - expected 'channel.open'");
    }

    [Fact]
    public async Task A_body_without_its_method_is_505()
    {
        await OpenAsync();
        await SendAsync(Writer.BodyFrames(1, new byte[1], 4096));
        await ExpectCloseAsync(505, "UNEXPECTED_FRAME - expected method frame, got content body frame instead");
    }

    [Fact]
    public async Task Immediate_is_540()
    {
        await OpenAsync();
        await SendAsync(Writer.ContentFrames(1, new BasicPublish("", "q", false, Immediate: true),
            ContentHeader.Of(MessageProperties.None, 0), default, 4096));
        await ExpectCloseAsync(540, "NOT_IMPLEMENTED - immediate=true");
    }

    [Fact]
    public async Task Frames_on_a_closing_channel_are_passed_over_until_close_ok()
    {
        await OpenAsync();
        await SendAsync(new BasicAck(7, false), channel: 1);
        await SendAsync(new BasicAck(8, false), channel: 1);
        await SendAsync(new QueueDeclare("q", false, true, false, false, false, null), channel: 1);
        Assert.Equal("PRECONDITION_FAILED - unknown delivery tag 7", (await ExpectAsync<ChannelClose>()).ReplyText);
        await SendAsync(new ChannelCloseOk(), channel: 1);
        await SendAsync(new ChannelOpen(), channel: 1);
        await ExpectAsync<ChannelOpenOk>();
        Assert.False(Broker.Queue("q").Exists);
    }

    [Fact]
    public async Task A_silent_client_hears_heartbeats_and_is_cut()
    {
        await OpenAsync(heartbeat: 1);
        var heartbeats = 0;
        while (await NextAsync() is { } frame)
        {
            Assert.Equal(FrameType.Heartbeat, frame.Type);
            heartbeats++;
        }

        Assert.InRange(heartbeats, 2, 8);
        await Broker.WaitForConnectionsAsync(0, TimeSpan.FromSeconds(10)); // the socket ends a moment before
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_nothing()
    {
        await OpenAsync();
        await SendAsync(new QueueDeclare("mine", false, false, Exclusive: true, false, false, null), channel: 1);
        await ExpectAsync<QueueDeclareOk>();
        Vanish();
        await Broker.Queue("mine").WaitUntilAsync(static queue => !queue.Exists, Soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recover_redelivers_what_is_unacked(bool asynchronously)
    {
        await OpenAsync();
        await ConsumeTwoAsync();
        await SendAsync(new BasicAck(1, Multiple: false), channel: 1);
        Method recover = asynchronously ? new BasicRecoverAsync(true) : new BasicRecover(true);
        await SendAsync(recover, channel: 1);
        var again = await ExpectAsync<BasicDeliver>();
        Assert.Equal((3ul, true), (again.DeliveryTag, again.Redelivered));
        await SkipContentAsync();
        if (!asynchronously) await ExpectAsync<BasicRecoverOk>();
        await SendAsync(new BasicAck(3, Multiple: false), channel: 1);
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recover_without_requeue_is_540(bool asynchronously)
    {
        await OpenAsync();
        Method recover = asynchronously ? new BasicRecoverAsync(false) : new BasicRecover(false);
        await SendAsync(recover, channel: 1);
        await ExpectCloseAsync(540, "NOT_IMPLEMENTED - requeue=false");
    }

    [Fact]
    public async Task Update_secret_is_answered()
    {
        await OpenAsync();
        await SendAsync(new ConnectionUpdateSecret("new"u8.ToArray(), "expired"));
        await ExpectAsync<ConnectionUpdateSecretOk>();
        await SendAsync(new ChannelOpen(), channel: 2);
        await ExpectAsync<ChannelOpenOk>();
    }

    [Fact]
    public async Task Delete_is_answered_before_the_channels_own_consumers_are_cancelled()
    {
        await LogInAsync(announcing: "consumer_cancel_notify");
        await OpenLoggedInAsync();
        await ConsumeTwoAsync();
        await SendAsync(new QueueDelete("q", false, false, false), channel: 1);
        await ExpectAsync<QueueDeleteOk>();
        await ExpectAsync<BasicCancel>();
    }

    [Fact]
    public async Task Heartbeats_keep_a_client_and_come_to_it()
    {
        await OpenAsync(heartbeat: 1);
        for (var heard = 0; heard < 8; heard++)
        {
            Assert.Equal(FrameType.Heartbeat, (await NextAsync())!.Value.Type);
            await SendAsync(Writer.HeartbeatFrame());
        }

        Assert.Equal(1, Broker.ConnectionCount);
    }

    [Fact]
    public async Task What_cannot_be_written_is_541_and_harms_no_one_else()
    {
        await OpenAsync();
        var arguments = new Dictionary<string, object?>
        {
            ["x-dead-letter-exchange"] = "amq.fanout", ["x-dead-letter-routing-key"] = new string('k', 300),
        };
        await SendAsync(new QueueDeclare("dead", false, true, false, false, NoWait: true, null), channel: 1);
        await SendAsync(new QueueBind("dead", "amq.fanout", "", NoWait: true, null), channel: 1);
        await SendAsync(new QueueDeclare("q", false, true, false, false, NoWait: true, arguments), channel: 1);
        Content("", "q", "x");
        await SendAsync(new BasicGet("q", NoAck: false), channel: 1);
        await ExpectAsync<BasicGetOk>();
        await SkipContentAsync();
        await SendAsync(new BasicReject(1, Requeue: false), channel: 1);
        await Broker.Queue("dead").WaitUntilAsync(static queue => queue.ReadyCount == 1, Soon);
        await SendAsync(new BasicGet("dead", NoAck: false), channel: 1);
        var close = await ExpectAsync<ConnectionClose>();
        Assert.Equal(541, close.ReplyCode);
        Assert.StartsWith("INTERNAL_ERROR - ", close.ReplyText, StringComparison.Ordinal);
        await SendAsync(new ConnectionCloseOk());
        Assert.Null(await NextAsync());

        await ReconnectAsync();
        await OpenAsync();
        Assert.Equal(1, Broker.Queue("dead").ReadyCount);
        await SendAsync(new BasicConsume("dead", "", false, false, false, false, null), channel: 1);
        await ExpectAsync<BasicConsumeOk>();
        Assert.Equal(541, (await ExpectAsync<ConnectionClose>()).ReplyCode);
    }

    [Fact]
    public async Task An_alarm_stops_who_publishes_at_the_header_of_the_message()
    {
        await LogInAsync(announcing: "connection.blocked");
        await OpenLoggedInAsync();
        await SendAsync(new QueueDeclare("q", false, true, false, false, NoWait: true, null), channel: 1);
        Content("", "q", "before");
        await SendAsync(Writer);
        await SendAsync(new BasicQos(0, 1, false), channel: 1);
        await ExpectAsync<BasicQosOk>();
        Broker.Block("low on memory");
        await SendAsync(new BasicQos(0, 1, false), channel: 1);
        await ExpectAsync<BasicQosOk>();
        Content("", "q", "");
        Content("", "q", "during");
        await SendAsync(Writer);
        Assert.Equal("low on memory", (await ExpectAsync<ConnectionBlocked>()).Reason);
        // A message without a body is whole with its header.
        Assert.Equal(2, Broker.Queue("q").ReadyCount);
        Broker.Unblock();
        await ExpectAsync<ConnectionUnblocked>();
        await Broker.Queue("q").WaitUntilAsync(static queue => queue.ReadyCount == 3, Soon);
    }

    [Fact]
    public async Task Who_closes_the_connection_has_the_time_of_a_heartbeat_to_close_the_socket()
    {
        await OpenAsync(heartbeat: 1);
        await SendAsync(new ConnectionClose(200, "bye", 0, 0));
        await ExpectAsync<ConnectionCloseOk>();
        var closed = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, Broker.ConnectionCount);
        Assert.Null(await NextAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(closed), TimeSpan.FromSeconds(0.7), Soon);
    }

    [Fact]
    public async Task Closing_all_connections_does_not_wait_for_one_that_has_left()
    {
        await OpenAsync();
        await SendAsync(new ConnectionClose(200, "bye", 0, 0));
        await ExpectAsync<ConnectionCloseOk>();
        await Broker.CloseAllConnectionsAsync().WaitAsync(Soon);
        Assert.Null(await NextAsync());
    }

    private async Task ConsumeTwoAsync()
    {
        await SendAsync(new QueueDeclare("q", false, true, false, false, NoWait: true, null), channel: 1);
        Content("", "q", "1");
        Content("", "q", "2");
        await SendAsync(new BasicConsume("q", "t", false, false, false, NoWait: true, null), channel: 1);
        for (var i = 0; i < 2; i++)
        {
            await ExpectAsync<BasicDeliver>();
            await SkipContentAsync();
        }
    }
}
