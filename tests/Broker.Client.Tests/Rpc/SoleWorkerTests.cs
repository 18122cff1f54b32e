using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Rpc;

public sealed class SoleWorkerTests
{
    [Fact]
    public void Who_asks_does_the_work_on_the_spot()
    {
        var threads = new List<int>();
        var worker = new SoleWorker(() =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            return Task.CompletedTask;
        });

        worker.Ask();
        worker.Ask();

        Assert.Equal([Environment.CurrentManagedThreadId, Environment.CurrentManagedThreadId], threads);
    }

    [Fact]
    public void Who_asks_when_the_work_has_looked_for_the_last_time_is_not_forgotten()
    {
        var runs = 0;
        SoleWorker? worker = null;
        worker = new SoleWorker(() =>
        {
            if (++runs == 1)
                worker!.Ask(); // as another thread would, between the last look and the end
            return Task.CompletedTask;
        });

        worker.Ask();

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task One_works_at_a_time_however_many_ask()
    {
        var (running, most, runs) = (0, 0, 0);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = new SoleWorker(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            if (Interlocked.Increment(ref runs) == 1)
                await first.Task;
            else
                second.SetResult();
            Interlocked.Decrement(ref running);
        });

        for (var asked = 0; asked < 10; asked++)
            worker.Ask();
        Assert.Equal(1, runs);
        first.SetResult();

        await second.Task.SoonAsync();
        Assert.Equal((2, 1), (runs, most));
    }
}
