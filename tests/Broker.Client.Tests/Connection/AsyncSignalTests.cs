namespace Broker.Client.Tests.Connection;

public sealed class AsyncSignalTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_signal_that_was_set_before_the_wait_is_not_lost()
    {
        var signal = new AsyncSignal();

        signal.Set();

        Assert.True(signal.WaitAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_signal_that_is_set_after_the_wait_ends_it()
    {
        var signal = new AsyncSignal();
        var waiting = signal.WaitAsync().AsTask();
        Assert.False(waiting.IsCompleted);

        signal.Set();

        await waiting.WaitAsync(s_patience, TimeProvider.System);
    }

    [Fact]
    public void However_often_it_is_set_it_lets_through_once()
    {
        var signal = new AsyncSignal();
        signal.Set();
        signal.Set();
        signal.Set();

        Assert.True(signal.WaitAsync().AsTask().IsCompletedSuccessfully);
        Assert.False(signal.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task It_serves_one_wait_after_the_other()
    {
        var signal = new AsyncSignal();

        for (var round = 0; round < 1000; round++)
        {
            var waiting = signal.WaitAsync().AsTask();
            signal.Set();
            await waiting;
        }

        Assert.False(signal.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_second_waiter_is_refused_and_the_first_one_stays()
    {
        var signal = new AsyncSignal();
        var first = signal.WaitAsync().AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await signal.WaitAsync());

        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task The_waiting_loop_does_not_run_on_the_thread_that_sets()
    {
        var signal = new AsyncSignal();
        using var isSetting = new ThreadLocal<bool>();
        var ranWhileSetting = RunAsync();

        isSetting.Value = true;
        signal.Set();
        isSetting.Value = false;

        Assert.False(await ranWhileSetting.WaitAsync(s_patience, TimeProvider.System));

        async Task<bool> RunAsync()
        {
            await signal.WaitAsync();
            return isSetting.Value;
        }
    }

    [Fact]
    public async Task Where_it_may_the_waiting_loop_goes_on_in_the_very_call_that_sets()
    {
        var signal = new AsyncSignal();
        var rounds = 0;
        var running = RunAsync();

        signal.Set(here: true);
        Assert.Equal(1, rounds);
        signal.Set(here: true);
        Assert.Equal(2, rounds);
        signal.Set();
        await running.WaitAsync(s_patience, TimeProvider.System);

        async Task RunAsync()
        {
            while (await signal.WaitAsync())
                rounds++;
        }
    }

    [Fact]
    public async Task No_wake_is_lost_between_threads()
    {
        const int Items = 200_000;
        var signal = new AsyncSignal();
        var added = 0;
        var seen = 0;
        var consuming = Task.Run(async () =>
        {
            while (seen < 2 * Items)
            {
                await signal.WaitAsync();
                seen = Volatile.Read(ref added);
            }
        });

        var producing = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var item = 0; item < Items; item++)
            {
                Interlocked.Increment(ref added);
                signal.Set();
            }
        }));
        await Task.WhenAll(producing);

        await consuming.WaitAsync(s_patience, TimeProvider.System);
        Assert.Equal(2 * Items, seen);
    }
}
