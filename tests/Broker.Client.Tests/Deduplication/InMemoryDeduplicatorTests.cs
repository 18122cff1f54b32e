using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Deduplication;

public sealed class InMemoryDeduplicatorTests
{
    private readonly WatchedTime _time = new();

    [Fact]
    public async Task What_was_handled_does_not_begin_again_and_what_was_not_does()
    {
        var memory = new InMemoryDeduplicator();

        Assert.True(await memory.TryBeginAsync("q", "handled", default));
        await memory.CompleteAsync("q", "handled", default);
        Assert.True(await memory.TryBeginAsync("q", "failed", default));
        await memory.AbandonAsync("q", "failed");

        Assert.False(await memory.TryBeginAsync("q", "handled", default));
        Assert.True(await memory.TryBeginAsync("q", "failed", default));
    }

    [Fact]
    public async Task An_id_is_one_in_each_queue()
    {
        var memory = new InMemoryDeduplicator();
        await memory.TryBeginAsync("one", "id", default);
        await memory.CompleteAsync("one", "id", default);

        Assert.True(await memory.TryBeginAsync("other", "id", default));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_copy_waits_for_how_the_first_ends(bool handled)
    {
        var memory = new InMemoryDeduplicator();
        await memory.TryBeginAsync("q", "id", default);
        var second = memory.TryBeginAsync("q", "id", default).AsTask();
        var third = memory.TryBeginAsync("q", "id", default).AsTask();
        Assert.False(second.IsCompleted || third.IsCompleted);

        if (handled)
            await memory.CompleteAsync("q", "id", default);
        else
            await memory.AbandonAsync("q", "id");

        var begun = await Task.WhenAny(second, third).SoonAsync();
        Assert.Equal(!handled, await begun);
        if (!handled) // and only one of them
            await memory.CompleteAsync("q", "id", default);
        Assert.False(await (begun == second ? third : second).SoonAsync());
    }

    [Fact]
    public async Task A_wait_ends_with_its_token()
    {
        using var stop = new CancellationTokenSource();
        var memory = new InMemoryDeduplicator();
        await memory.TryBeginAsync("q", "id", default);
        var second = memory.TryBeginAsync("q", "id", stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.SoonAsync());
    }

    [Fact]
    public async Task It_remembers_so_many_and_no_more()
    {
        var memory = new InMemoryDeduplicator(capacity: 3);

        for (var number = 0; number < 1000; number++)
        {
            Assert.True(await memory.TryBeginAsync("q", $"{number}", default));
            await memory.CompleteAsync("q", $"{number}", default);
            Assert.InRange(memory.Count, 1, 3);
        }

        Assert.False(await memory.TryBeginAsync("q", "997", default));
        Assert.True(await memory.TryBeginAsync("q", "996", default));
    }

    [Fact]
    public async Task It_remembers_for_so_long_and_no_longer()
    {
        var memory = new InMemoryDeduplicator(window: TimeSpan.FromMinutes(1), timeProvider: _time);
        await memory.TryBeginAsync("q", "id", default);
        _time.Advance(TimeSpan.FromMinutes(5)); // while it is being handled
        await memory.CompleteAsync("q", "id", default);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(await memory.TryBeginAsync("q", "id", default));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, memory.Count);
        Assert.True(await memory.TryBeginAsync("q", "id", default));
    }

    [Fact]
    public void Bounds_that_bound_nothing_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryDeduplicator(capacity: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InMemoryDeduplicator(window: TimeSpan.Zero));
    }
}
