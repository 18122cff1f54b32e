namespace Broker.Client.Testing.Tests.Proxy;

public sealed class ScheduleTests : ProxyTest
{
    [Fact]
    public void The_same_seed_makes_the_same_schedule()
    {
        Assert.Equal(FaultSchedule.Random(7, 50).Steps, FaultSchedule.Random(7, 50).Steps);
        Assert.NotEqual(FaultSchedule.Random(7, 50).Steps, FaultSchedule.Random(8, 50).Steps);
        Assert.All(FaultSchedule.Random(7, 50, [ScheduledFault.Stall]).Steps,
            step => Assert.Equal(ScheduledFault.Stall, step.Fault));
    }

    [Fact]
    public async Task A_schedule_bites_at_exactly_the_same_frames_and_bytes_every_time()
    {
        var schedule = new FaultSchedule(
            new FaultStep(FaultTrigger.Frames, 3, ScheduledFault.Close),
            new FaultStep(FaultTrigger.Bytes, 20, ScheduledFault.Close),
            new FaultStep(FaultTrigger.Time, 10, ScheduledFault.Slice, TimeSpan.FromMilliseconds(10)));
        var ack = Frame(new BasicAck(1, false));
        for (var round = 0; round < 3; round++)
        {
            var (first, second) = (await ConnectAmqpAsync(), await ConnectAmqpAsync());
            using var armed = new SemaphoreSlim(0);
            var playing = new FaultPlayer(Proxy) { Armed = () => armed.Release() }.PlayAsync(schedule, CancellationToken.None);
            await armed.WaitAsync(Soon);
            for (var i = 0; i < 10; i++) await SendAsync(first, ack);
            var received = (await Echo.ReceivedAsync()).Length + (await Echo.ReceivedAsync()).Length;
            Assert.Equal(8 + 3 * ack.Length + 8, received);
            Assert.Empty((await ReceiveAllAsync(second))!);

            await armed.WaitAsync(Soon); // the connections end a moment before the next step counts
            var third = await ConnectAsync();
            await SendAsync(third, new byte[100]);
            Assert.Equal(20, (await Echo.ReceivedAsync()).Length);
            await playing.WaitAsync(Soon);
        }
    }

    [Fact]
    public async Task A_schedule_that_waits_ends_with_its_token_and_with_the_proxy()
    {
        var schedule = new FaultSchedule(new FaultStep(FaultTrigger.Frames, 1, ScheduledFault.Close));
        using var stop = new CancellationTokenSource();
        var stopped = Proxy.PlayAsync(schedule, stop.Token);
        var abandoned = Proxy.PlayAsync(schedule);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        await Proxy.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
    }

    [Fact]
    public async Task Every_fault_of_a_schedule_is_lifted_at_its_end()
    {
        var schedule = new FaultSchedule([.. Enum.GetValues<ScheduledFault>().Select(fault =>
            new FaultStep(FaultTrigger.Time, 1, fault, TimeSpan.FromMilliseconds(5)))]);
        await Proxy.PlayAsync(schedule).WaitAsync(Soon);

        var socket = await ConnectAsync();
        await SendAsync(socket, "hello"u8.ToArray());
        Assert.Equal("hello"u8.ToArray(), await ReceiveAsync(socket, 5));
    }
}
