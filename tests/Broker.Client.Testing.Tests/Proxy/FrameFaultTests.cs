using System.Net.Sockets;

namespace Broker.Client.Testing.Tests.Proxy;

/// <summary>Faults on frames in the direction to the broker, seen in what an echo sends back.</summary>
public sealed class FrameFaultTests : ProxyTest
{
    private static readonly byte[] s_a = Publish("a");
    private static readonly byte[] s_b = Publish("b");
    private static readonly byte[] s_end = Frame(new BasicAck(99, false), channel: 9);

    [Fact]
    public async Task A_cut_before_keeps_the_frame_back()
    {
        var cut = Proxy.On(Frames.Method("basic.publish").Number(2)).CutBefore();
        Assert.Equal(s_a, await PassAsync(s_a, s_b, s_end));
        Assert.Equal(4, Assert.Single(cut.Bites).Number);
    }

    [Fact]
    public async Task A_cut_after_lets_the_whole_message_pass()
    {
        Proxy.On(Frames.Method("basic.publish").Number(2)).CutAfter();
        Assert.Equal(Joined(s_a, s_b), await PassAsync(s_a, s_b, s_end));
        Proxy.AssertBit();
    }

    [Fact]
    public async Task A_cut_after_the_frame_alone_falls_before_the_body()
    {
        Proxy.On(Frames.Method("basic.publish").WithoutContent()).CutAfter();
        Assert.Equal(Frame(new BasicPublish("", "q", false, false)), await PassAsync(s_a, s_b, s_end));
    }

    [Fact]
    public async Task A_reset_reaches_the_client()
    {
        Proxy.On(Frames.Method("basic.publish")).CutBefore(CutKind.Reset);
        var socket = await ConnectAmqpAsync();
        await SendAsync(socket, s_a);
        Assert.Null(await ReceiveAllAsync(socket));
    }

    [Fact]
    public async Task Dropped_frames_go_with_their_content()
    {
        var drop = Proxy.On(Frames.Method("basic.publish").Every(2)).Drop();
        Assert.Equal(Joined(s_a, s_a, s_end), await PassAsync(s_a, s_b, s_a, s_b, s_end));
        Assert.Equal(2, drop.Bites.Count);
    }

    [Fact]
    public async Task Duplicated_frames_come_twice_with_their_content()
    {
        Proxy.On(Frames.Method("basic.publish").Number(1)).Duplicate();
        Assert.Equal(Joined(s_a, s_a, s_b, s_end), await PassAsync(s_a, s_b, s_end));
        Proxy.AssertBit();
    }

    [Fact]
    public async Task Held_frames_let_others_pass_and_come_in_order_when_lifted()
    {
        var hold = Proxy.On(Frames.Method("basic.publish")).Hold();
        var socket = await ConnectAmqpAsync();
        await SendAsync(socket, Joined(s_a, s_b, s_end));
        Assert.Equal(s_end, await ReceiveAsync(socket, s_end.Length));
        await hold.WaitForBiteAsync(2);

        hold.Lift();
        Assert.Equal(Joined(s_a, s_b), await ReceiveAsync(socket, s_a.Length + s_b.Length));
        await SendAsync(socket, s_a);
        Assert.Equal(s_a, await ReceiveAsync(socket, s_a.Length));
    }

    [Fact]
    public async Task One_byte_of_a_frame_or_its_end_is_corrupted()
    {
        Proxy.On(Frames.Method("basic.ack").Number(1)).CorruptByte(11);
        Proxy.On(Frames.Method("basic.ack").Number(2)).CorruptEnd();
        var (first, second) = (s_end.ToArray(), s_end.ToArray());
        first[7 + 11] ^= 0xFF;
        second[^1] ^= 0xFF;
        Assert.Equal(Joined(first, second, s_end), await PassAsync(s_end, s_end, s_end));
        Proxy.AssertBit();
    }

    [Fact]
    public async Task Frames_are_injected_around_a_message_and_by_hand()
    {
        var x = Frame(new ChannelFlow(true));
        Proxy.On(Frames.Method("basic.publish").Number(1)).InjectBefore(x);
        Proxy.On(Frames.Method("basic.publish").Number(2)).InjectAfter(x);
        Assert.Equal(Joined(x, s_a, s_b, x, s_end), await PassAsync(s_a, s_b, s_end));

        var socket = await ConnectAmqpAsync();
        // Half a message: what is injected on its channel waits for the other half.
        await SendAsync(socket, s_a.AsMemory(0, s_a.Length - 3));
        await ReceiveAsync(socket, s_a.Length - 9);
        var connection = Proxy.Connections[^1];
        await connection.InjectAsync(FaultDirection.ToBroker, x);
        await connection.InjectAsync(FaultDirection.ToBroker, s_end);
        Assert.Equal(s_end, await ReceiveAsync(socket, s_end.Length));
        await SendAsync(socket, s_a.AsMemory(s_a.Length - 3));
        Assert.Equal(Joined(s_a[^9..], x), await ReceiveAsync(socket, 9 + x.Length));
        Proxy.AssertBit();
    }

    [Fact]
    public async Task Channel_connection_and_kind_choose_frames()
    {
        var first = await ConnectAmqpAsync();
        var second = await ConnectAmqpAsync();
        Proxy.On(Frames.Method("basic.ack").On(Proxy.Connections[1]).OnChannel(9).FromClient()).Drop();
        Proxy.On(Frames.Body).CorruptByte();
        Proxy.On(Frames.Heartbeat).Drop();
        var beat = new AmqpWriter().HeartbeatFrame().ToArray();
        var other = Frame(new BasicAck(1, false), channel: 8);
        foreach (var socket in (Socket[])[first, second]) await SendAsync(socket, Joined(beat, s_end, other));

        Assert.Equal(Joined(s_end, other), await ReceiveAsync(first, s_end.Length + other.Length));
        Assert.Equal(other, await ReceiveAsync(second, other.Length));
        await SendAsync(first, s_a);
        var body = await ReceiveAsync(first, s_a.Length);
        Assert.Equal('a' ^ 0xFF, body[^2]);
        Proxy.AssertBit();
    }

    [Fact]
    public async Task Frames_are_found_wherever_the_reads_fall()
    {
        Proxy.On(Frames.Method("basic.publish").Number(2)).Drop();
        var socket = await ConnectAmqpAsync();
        foreach (var piece in Joined(s_a, s_b, s_end).Chunk(1)) await SendAsync(socket, piece);
        Assert.Equal(Joined(s_a, s_end), await ReceiveAsync(socket, s_a.Length + s_end.Length));
    }

    [Fact]
    public void A_method_that_does_not_exist_is_refused() =>
        Assert.Throws<ArgumentException>(() => Frames.Method("basic.pubish"));

    private static byte[] Joined(params byte[][] frames) => [.. frames.SelectMany(frame => frame)];

    private async Task<byte[]> PassAsync(params byte[][] frames)
    {
        var socket = await ConnectAmqpAsync();
        await SendAsync(socket, Joined(frames));
        socket.Shutdown(SocketShutdown.Send);
        return (await Echo.ReceivedAsync())[8..];
    }
}
