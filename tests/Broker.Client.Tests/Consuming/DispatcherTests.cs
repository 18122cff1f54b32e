using System.Threading.Channels;
using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Consuming;

public sealed class DispatcherTests
{
    private readonly Channel<int> _items = Channel.CreateUnbounded<int>();

    [Fact]
    public async Task One_lane_handles_in_order_and_one_at_a_time()
    {
        var handled = new List<int>();
        var atOnce = 0;
        var most = 0;
        var dispatcher = new Dispatcher<int>(lanes: 1, TakeAsync, async item =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            await Task.Yield();
            handled.Add(item);
            Interlocked.Decrement(ref atOnce);
        });
        Fill(1000);

        await dispatcher.RunAsync().SoonAsync();

        Assert.Equal(Enumerable.Range(0, 1000), handled);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task As_many_handlers_run_at_once_as_there_are_lanes_and_no_more()
    {
        var started = new SemaphoreSlim(0);
        var release = new TaskCompletionSource();
        var count = 0;
        var dispatcher = new Dispatcher<int>(lanes: 3, TakeAsync, async _ =>
        {
            Interlocked.Increment(ref count);
            started.Release();
            await release.Task;
        });
        Fill(10);

        var running = dispatcher.RunAsync();
        for (var lane = 0; lane < 3; lane++)
            Assert.True(await started.WaitAsync(Samples.Patience));

        Assert.Equal((3, 3), (dispatcher.Running, count));
        release.SetResult();
        await running.SoonAsync();
        Assert.Equal((0, 10), (dispatcher.Running, count));
    }

    [Fact]
    public async Task It_completes_when_the_last_handler_has_returned_and_not_before()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var dispatcher = new Dispatcher<int>(lanes: 2, TakeAsync, async _ =>
        {
            started.SetResult();
            await release.Task;
        });
        Fill(1);

        var running = dispatcher.RunAsync();
        await started.Task.SoonAsync();
        Assert.False(running.IsCompleted);
        release.SetResult();

        await running.SoonAsync();
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_holds_up_its_own_lane_alone()
    {
        using var release = new ManualResetEventSlim();
        var others = new TaskCompletionSource();
        var handled = 0;
        var dispatcher = new Dispatcher<int>(lanes: 2, TakeAsync, item =>
        {
            if (item == 0)
                release.Wait();
            if (Interlocked.Increment(ref handled) == 9)
                others.TrySetResult();
            return Task.CompletedTask;
        });
        Fill(10);

        var running = dispatcher.RunAsync();
        await others.Task.SoonAsync();
        Assert.False(running.IsCompleted);
        release.Set();

        await running.SoonAsync();
    }

    private async ValueTask<int?> TakeAsync() =>
        await _items.Reader.WaitToReadAsync() && _items.Reader.TryRead(out var item) ? item : null;

    private void Fill(int count)
    {
        for (var item = 0; item < count; item++)
            _items.Writer.TryWrite(item);
        _items.Writer.Complete();
    }
}
