using System.Diagnostics;
using System.Net.Sockets;

namespace Broker.Client.Testing.Tests.Proxy;

public sealed class ByteFaultTests : ProxyTest
{
    [Fact]
    public async Task Without_a_fault_bytes_and_the_end_pass()
    {
        var socket = await ConnectAsync();
        var bytes = new byte[500_000];
        new Random(1).NextBytes(bytes);
        var sending = SendAsync(socket, bytes);

        Assert.Equal(bytes, await ReceiveAsync(socket, bytes.Length));
        await sending;
        socket.Shutdown(SocketShutdown.Send);
        Assert.Empty((await ReceiveAllAsync(socket))!);
        Assert.Equal(1, Proxy.Accepted);
        Assert.Empty(Proxy.Bites);
        Proxy.AssertBit();
    }

    [Fact]
    public async Task A_slice_keeps_the_bytes_and_their_order()
    {
        var fault = Proxy.ToClient.Slice(3);
        var socket = await ConnectAsync();
        var bytes = "0123456789"u8.ToArray();
        await SendAsync(socket, bytes);

        Assert.Equal(bytes, await ReceiveAsync(socket, 10));
        var bite = Assert.Single(fault.Bites);
        Assert.Equal(("slice", 1, FaultDirection.ToClient), (bite.Fault, bite.Connection, bite.Direction));
        Assert.Same(bite, Assert.Single(Proxy.Bites));
    }

    [Fact]
    public async Task Bandwidth_takes_its_time()
    {
        Proxy.ToBroker.Bandwidth(100_000);
        var socket = await ConnectAsync();
        var start = Stopwatch.StartNew();
        await SendAsync(socket, new byte[30_000]);
        await ReceiveAsync(socket, 30_000);

        Assert.InRange(start.Elapsed.TotalSeconds, 0.2, 20);
        Proxy.AssertBit();
    }

    [Fact]
    public async Task A_stall_holds_one_connection_until_it_is_lifted()
    {
        var held = await ConnectAsync();
        var free = await ConnectAsync();
        await SendAsync(held, "a"u8.ToArray());
        await ReceiveAsync(held, 1);
        var stall = Proxy.Connections[0].ToBroker.Stall();

        await SendAsync(held, "b"u8.ToArray());
        await stall.WaitForBiteAsync();
        await SendAsync(free, "c"u8.ToArray());
        Assert.Equal("c"u8.ToArray(), await ReceiveAsync(free, 1));
        Assert.Equal(0, held.Available);

        stall.Lift();
        Assert.Equal("b"u8.ToArray(), await ReceiveAsync(held, 1));
    }

    [Fact]
    public async Task What_is_swallowed_is_gone_and_no_end_is_told()
    {
        var socket = await ConnectAsync();
        await SendAsync(socket, "a"u8.ToArray());
        await ReceiveAsync(socket, 1);
        var swallow = Proxy.Both.Swallow();

        await SendAsync(socket, "lost"u8.ToArray());
        await swallow.WaitForBiteAsync();
        socket.Shutdown(SocketShutdown.Send);
        Assert.False(socket.Poll(200_000, SelectMode.SelectRead));
        Assert.Single(Proxy.Connections);
    }

    [Fact]
    public async Task A_connection_is_half_open_after_exactly_so_many_bytes_and_the_next_one_is_not()
    {
        var swallow = Proxy.ToClient.SwallowAfter(5);
        var socket = await ConnectAsync();
        await SendAsync(socket, "0123456789"u8.ToArray());

        Assert.Equal("01234"u8.ToArray(), await ReceiveAsync(socket, 5));
        await swallow.WaitForBiteAsync();
        await SendAsync(socket, "lost"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);
        Assert.False(socket.Poll(200_000, SelectMode.SelectRead));

        var next = await ConnectAsync();
        await SendAsync(next, "0123456789"u8.ToArray());
        Assert.Equal("0123456789"u8.ToArray(), await ReceiveAsync(next, 10));
        Assert.Single(swallow.Bites);
    }

    [Fact]
    public async Task A_fault_that_is_armed_as_soon_as_the_last_one_has_bitten_bites_too()
    {
        var socket = await ConnectAsync();
        var patience = TimeSpan.FromSeconds(10);

        for (var round = 0; round < 20_000; round++)
        {
            var fault = Proxy.ToClient.After("nothing", 0, static _ => { });
            await SendAsync(socket, "a"u8.ToArray());
            var began = TimeProvider.System.GetTimestamp();
            while (fault.Bites.Count == 0)
                Assert.True(TimeProvider.System.GetElapsedTime(began) < patience, $"The fault of round {round} has not bitten.");
            if (round % 100 == 99) await ReceiveAsync(socket, 100);
        }
    }

    [Theory, InlineData(CutKind.Close), InlineData(CutKind.Reset)]
    public async Task A_cut_after_bytes_lets_exactly_those_through(CutKind kind)
    {
        var cut = Proxy.ToClient.CutAfter(5, kind);
        var socket = await ConnectAsync();
        await SendAsync(socket, "0123456789"u8.ToArray());

        var got = await ReceiveAllAsync(socket);
        if (kind == CutKind.Close) Assert.Equal("01234"u8.ToArray(), got);
        else Assert.Null(got);
        Assert.Equal(FaultDirection.ToClient, Assert.Single(cut.Bites).Direction);

        var next = await ConnectAsync();
        await SendAsync(next, "0123456789"u8.ToArray());
        Assert.Equal(10, (await ReceiveAsync(next, 10)).Length);
    }

    [Fact]
    public async Task Close_is_a_FIN_and_reset_a_RST()
    {
        var closed = await ConnectAsync();
        var reset = await ConnectAsync();
        foreach (var socket in (Socket[])[closed, reset])
        {
            await SendAsync(socket, "a"u8.ToArray());
            await ReceiveAsync(socket, 1);
        }

        var (first, second) = (Proxy.Connections[0], Proxy.Connections[1]);
        first.Close();
        second.Reset();

        Assert.Empty((await ReceiveAllAsync(closed))!);
        Assert.Null(await ReceiveAllAsync(reset));
        Assert.Equal(["close", "reset"], Proxy.Bites.Select(bite => bite.Fault));
    }

    [Fact]
    public async Task A_close_in_one_direction_leaves_the_other()
    {
        var socket = await ConnectAsync();
        await SendAsync(socket, "a"u8.ToArray());
        await ReceiveAsync(socket, 1);
        var connection = Proxy.Connections[0];
        connection.Close(FaultDirection.ToClient);

        Assert.Empty((await ReceiveAllAsync(socket))!);
        await SendAsync(socket, "b"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("ab"u8.ToArray(), await Echo.ReceivedAsync());
    }

    [Fact]
    public async Task A_refused_connection_is_refused_and_the_port_comes_back()
    {
        for (var round = 0; round < 3; round++)
        {
            var refusal = Proxy.RefuseConnections();
            var error = await Assert.ThrowsAsync<SocketException>(ConnectAsync);
            Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);

            refusal.Lift();
            var socket = await ConnectAsync();
            await SendAsync(socket, "a"u8.ToArray());
            Assert.Single(await ReceiveAsync(socket, 1));
        }

        Assert.Equal(3, Proxy.Bites.Count);
    }

    [Fact]
    public async Task Accepted_and_never_answered_until_it_is_lifted()
    {
        var mute = Proxy.NeverAnswer();
        var socket = await ConnectAsync();
        await SendAsync(socket, "a"u8.ToArray());
        await mute.WaitForBiteAsync();
        Assert.False(socket.Poll(100_000, SelectMode.SelectRead));
        Assert.Equal(1, Proxy.Accepted);

        mute.Lift();
        Assert.Equal("a"u8.ToArray(), await ReceiveAsync(socket, 1));
    }

    [Fact]
    public async Task A_fault_that_never_bit_is_named()
    {
        Proxy.On(Frames.Method("basic.ack").FromBroker().Number(3)).CutBefore();
        Proxy.ToClient.Stall().Lift();

        var error = Assert.Throws<InvalidOperationException>(Proxy.AssertBit);
        Assert.Equal("These faults never bit: cut before basic.ack number 3; stall", error.Message);
        await Assert.ThrowsAsync<TimeoutException>(() => Proxy.WaitForBiteAsync(1, TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task Bytes_that_are_not_AMQP_pass_unharmed_by_faults_on_frames()
    {
        Proxy.On(Frames.Any).Drop();
        Proxy.Both.Slice(1000);
        var socket = await ConnectAsync();
        // As TLS begins; what follows would be a frame.
        byte[] bytes = [22, 3, 1, .. Frame(new BasicAck(1, false)), .. new byte[5000]];
        await SendAsync(socket, bytes);

        Assert.Equal(bytes, await ReceiveAsync(socket, bytes.Length));
        Assert.False(Assert.Single(Proxy.Connections).IsAmqp);
        Assert.DoesNotContain(Proxy.Bites, bite => bite.Fault.StartsWith("drop", StringComparison.Ordinal));
    }
}
