using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Consuming;

public sealed class DispatcherTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("lane")]
    public async Task One_lane_handles_in_order_and_one_at_a_time(string? threads)
    {
        var handled = new List<int>();
        var atOnce = 0;
        var most = 0;
        var dispatcher = New(1, async item =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            if (item % 3 == 0)
                await Task.Yield();
            handled.Add(item);
            Interlocked.Decrement(ref atOnce);
        }, threads: threads);

        Fill(dispatcher, 1000);
        await dispatcher.DrainAsync().SoonAsync();

        Assert.Equal(Enumerable.Range(0, 1000), handled);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task As_many_handlers_run_at_once_as_there_are_lanes_and_no_more()
    {
        var started = new SemaphoreSlim(0);
        var release = new TaskCompletionSource();
        var count = 0;
        var dispatcher = New(3, async _ =>
        {
            Interlocked.Increment(ref count);
            started.Release();
            await release.Task;
        });

        Fill(dispatcher, 10);
        for (var lane = 0; lane < 3; lane++)
            Assert.True(await started.WaitAsync(Samples.Patience));
        Assert.Equal((3, 3), (dispatcher.Running, count));
        release.SetResult();

        await dispatcher.DrainAsync().SoonAsync();
        Assert.Equal((0, 10), (dispatcher.Running, count));
    }

    [Fact]
    public async Task The_drain_completes_when_the_last_handler_has_returned_and_not_before()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var dispatcher = New(2, async _ =>
        {
            started.SetResult();
            await release.Task;
        });

        Fill(dispatcher, 1);
        await started.Task.SoonAsync();
        var draining = dispatcher.DrainAsync();
        Assert.False(draining.IsCompleted);
        release.SetResult();

        await draining.SoonAsync();
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_holds_up_its_own_lane_alone()
    {
        using var release = new ManualResetEventSlim();
        var others = new TaskCompletionSource();
        var handled = 0;
        var dispatcher = New(2, item =>
        {
            if (item == 0)
                release.Wait();
            if (Interlocked.Increment(ref handled) == 9)
                others.TrySetResult();
            return default;
        });

        Fill(dispatcher, 10);
        await others.Task.SoonAsync();
        var draining = dispatcher.DrainAsync();
        Assert.False(draining.IsCompleted);
        release.Set();

        await draining.SoonAsync();
    }

    [Fact]
    public async Task Of_lanes_with_threads_of_their_own_one_at_the_most_blocks_a_thread_of_the_pool()
    {
        using var release = new ManualResetEventSlim();
        using var started = new CountdownEvent(8);
        var inPool = 0;
        var dispatcher = New(8, _ =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
                Interlocked.Increment(ref inPool);
            started.Signal();
            release.Wait();
            return default;
        }, threads: "lane");

        Fill(dispatcher, 8);
        Assert.True(await Task.Run(() => started.Wait(Samples.Patience)));
        release.Set();

        await dispatcher.DrainAsync().SoonAsync();
        Assert.InRange(inPool, 0, 1);
    }

    [Fact]
    public async Task Such_a_lane_goes_back_to_its_own_thread_after_a_wait()
    {
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource();
        var blocking = New(1, _ =>
        {
            blocked.SetResult();
            release.Wait();
            return default;
        }, threads: "takes the place in the pool, if no other has it");
        Fill(blocking, 1);
        await blocked.Task.SoonAsync();
        var inPool = 0;
        var dispatcher = New(1, async _ =>
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
                Interlocked.Increment(ref inPool);
            await Task.Yield();
        }, threads: "lane");

        Fill(dispatcher, 5);

        await dispatcher.DrainAsync().SoonAsync();
        Assert.Equal(0, inPool);
        release.Set();
        await blocking.DrainAsync().SoonAsync();
    }

    [Fact]
    public async Task Each_line_keeps_its_order_while_another_is_held_up()
    {
        var release = new TaskCompletionSource();
        var even = new List<int>();
        var odd = new TaskCompletionSource();
        var dispatcher = New(2, async item =>
        {
            if (item == 0)
                await release.Task;
            if (item % 2 == 0)
                even.Add(item);
            else if (item == 99)
                odd.SetResult();
        }, apart: true);

        for (var item = 0; item < 100; item++)
            dispatcher.Post(item, line: item % 2);
        await odd.Task.SoonAsync();
        Assert.Empty(even);
        release.SetResult();

        await dispatcher.DrainAsync().SoonAsync();
        Assert.Equal(Enumerable.Range(0, 50).Select(item => item * 2), even);
    }

    [Fact]
    public async Task What_no_lane_has_begun_can_be_taken_back()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var handled = new List<int>();
        var dispatcher = New(1, async item =>
        {
            started.TrySetResult();
            await release.Task;
            handled.Add(item);
        });

        Fill(dispatcher, 4);
        await started.Task.SoonAsync();
        Assert.Equal([1, 3], dispatcher.Take(static item => item % 2 == 1));
        release.SetResult();

        await dispatcher.DrainAsync().SoonAsync();
        Assert.Equal([0, 2], handled);
    }

    [Fact]
    public async Task An_item_finds_nothing_that_the_one_before_has_left_in_the_context()
    {
        var left = new AsyncLocal<int>();
        var found = new List<int>();
        var dispatcher = New(1, item =>
        {
            found.Add(left.Value);
            left.Value = 7;
            return default;
        });
        left.Value = 1;
        dispatcher.Context = ExecutionContext.Capture();

        Fill(dispatcher, 3);

        await dispatcher.DrainAsync().SoonAsync();
        Assert.Equal([1, 1, 1], found);
    }

    [Fact]
    public async Task A_lane_without_work_says_so()
    {
        var empty = new TaskCompletionSource();
        var dispatcher = new Dispatcher<int>(1, apart: false, static (_, _) => default, () => empty.TrySetResult());

        dispatcher.Post(1);

        await empty.Task.SoonAsync();
    }

    private static Dispatcher<int> New(int lanes, Func<int, ValueTask> handle, bool apart = false, string? threads = null) =>
        new(lanes, apart, (item, _) => handle(item), static () => { }, threads);

    private static void Fill(Dispatcher<int> dispatcher, int count)
    {
        for (var item = 0; item < count; item++)
            dispatcher.Post(item);
    }
}
