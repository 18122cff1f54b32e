using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Testing.Tests.Proxy;

public sealed class DelayTests : ProxyTest
{
    private readonly FakeTimeProvider _time = new();

    public DelayTests() => Options = new FaultProxyOptions { TimeProvider = _time };

    protected override FaultProxyOptions Options { get; }

    [Fact]
    public async Task Delayed_bytes_come_when_their_time_has_come()
    {
        var delay = Proxy.ToBroker.Delay(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5));
        var socket = await ConnectAsync();
        await SendAsync(socket, "a"u8.ToArray());
        await delay.WaitForBiteAsync();
        _time.Advance(TimeSpan.FromSeconds(54));
        Assert.False(socket.Poll(100_000, SelectMode.SelectRead));

        Assert.Equal("a"u8.ToArray(), await AdvanceUntilAsync(ReceiveAsync(socket, 1)));
    }

    [Fact]
    public async Task A_delay_that_is_lifted_lets_go()
    {
        var delay = Proxy.ToBroker.Delay(TimeSpan.FromHours(1));
        var socket = await ConnectAsync();
        await SendAsync(socket, "a"u8.ToArray());
        await delay.WaitForBiteAsync();
        await SendAsync(socket, "b"u8.ToArray());

        delay.Lift();
        Assert.Equal("ab"u8.ToArray(), await ReceiveAsync(socket, 2));
    }

    [Fact]
    public async Task A_frame_is_delayed_by_the_clock()
    {
        var delay = Proxy.On(Frames.Method("basic.ack").Number(2)).Delay(TimeSpan.FromHours(1));
        var socket = await ConnectAmqpAsync();
        byte[] acks = [.. Frame(new BasicAck(1, false)), .. Frame(new BasicAck(2, false))];
        await SendAsync(socket, acks);
        var first = await ReceiveAsync(socket, acks.Length / 2);
        Assert.Equal(acks[..first.Length], first);
        await delay.WaitForBiteAsync();
        Assert.Equal(0, socket.Available);

        var rest = await AdvanceUntilAsync(ReceiveAsync(socket, acks.Length / 2));
        Assert.Equal(acks[first.Length..], rest);
    }

    // The proxy sets its timer a little after the bite is told, so that one step could come too early for it.
    private async Task<byte[]> AdvanceUntilAsync(Task<byte[]> reading)
    {
        while (!reading.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System));
        }

        return await reading;
    }
}
