using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

public sealed class PublishRoomTests
{
    [Fact]
    public async Task There_is_room_up_to_the_number_of_messages()
    {
        var room = new PublishRoom(messages: 2, bytes: 100);
        await TakeAsync(room, 1).SoonAsync();
        await TakeAsync(room, 1).SoonAsync();

        var third = TakeAsync(room, 0);
        Assert.False(third.IsCompleted);
        room.Release(1);

        await third.SoonAsync();
    }

    [Fact]
    public async Task There_is_room_up_to_the_number_of_bytes()
    {
        var room = new PublishRoom(messages: 10, bytes: 100);
        await TakeAsync(room, 60).SoonAsync();

        var second = TakeAsync(room, 41);
        Assert.False(second.IsCompleted);
        room.Release(60);

        await second.SoonAsync();
    }

    [Fact]
    public async Task A_message_larger_than_the_room_goes_alone()
    {
        var room = new PublishRoom(messages: 10, bytes: 100);
        await TakeAsync(room, 1).SoonAsync();
        var large = TakeAsync(room, 1_000);
        Assert.False(large.IsCompleted);

        room.Release(1);
        await large.SoonAsync();
        var small = TakeAsync(room, 1);
        Assert.False(small.IsCompleted);
        room.Release(1_000);

        await small.SoonAsync();
    }

    [Fact]
    public async Task First_come_is_first_served_though_a_later_one_would_fit()
    {
        var room = new PublishRoom(messages: 10, bytes: 100);
        await TakeAsync(room, 60).SoonAsync();

        var (large, small) = (TakeAsync(room, 90), TakeAsync(room, 10));
        Assert.False(small.IsCompleted);
        room.Release(60);

        await Task.WhenAll(large, small).SoonAsync();
    }

    [Fact]
    public async Task Full_once_it_opens_again_when_a_quarter_is_free()
    {
        var room = new PublishRoom(messages: 8, bytes: 100);
        for (var each = 0; each < 8; each++)
            await TakeAsync(room, 1).SoonAsync();
        var (ninth, tenth) = (TakeAsync(room, 1), TakeAsync(room, 1));

        room.Release(1);
        Assert.False(ninth.IsCompleted);
        room.Release(1);

        await Task.WhenAll(ninth, tenth).SoonAsync();
    }

    [Fact]
    public async Task A_wait_that_was_cancelled_takes_nothing_and_stands_in_nobodys_way()
    {
        using var cancelled = new CancellationTokenSource();
        var room = new PublishRoom(messages: 10, bytes: 100);
        await TakeAsync(room, 50).SoonAsync();
        var (large, small) = (TakeAsync(room, 90, cancelled.Token), TakeAsync(room, 10));

        await cancelled.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.SoonAsync());
        var last = TakeAsync(room, 40); // 50 + 10 + 40: nothing is held for the one that left

        Assert.Equal(cancelled.Token, error.CancellationToken);
        await Task.WhenAll(small, last).SoonAsync();
    }

    [Fact]
    public async Task A_token_that_has_fired_already_ends_the_wait_at_once()
    {
        var room = new PublishRoom(messages: 1, bytes: 100);
        await TakeAsync(room, 1).SoonAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TakeAsync(room, 1, new CancellationToken(canceled: true)).SoonAsync());
        room.Release(1);

        await TakeAsync(room, 1).SoonAsync();
    }

    [Fact]
    public async Task Whoever_is_let_in_does_not_run_on_the_thread_that_releases()
    {
        using var isReleasing = new ThreadLocal<bool>();
        var room = new PublishRoom(messages: 1, bytes: 100);
        await TakeAsync(room, 1).SoonAsync();
        var ranWhileReleasing = RunAsync();

        isReleasing.Value = true;
        room.Release(1);
        isReleasing.Value = false;

        Assert.False(await ranWhileReleasing.SoonAsync());

        async Task<bool> RunAsync()
        {
            await room.TakeAsync(1, CancellationToken.None);
            return isReleasing.Value;
        }
    }

    [Fact]
    public async Task Many_threads_that_take_cancel_and_release_never_go_beyond_it_and_leave_it_empty()
    {
        const int messages = 8;
        var room = new PublishRoom(messages, bytes: 100);
        var (inside, most) = (0, 0);
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(thread => Task.Run(() => VisitAsync(new Random(thread))))).SoonAsync();

        Assert.InRange(most, 2, messages);
        Assert.Equal(0, inside);
        for (var each = 0; each < messages; each++)
            Assert.True(TakeAsync(room, 1).IsCompleted); // nothing has leaked
        Assert.False(TakeAsync(room, 1).IsCompleted);

        async Task VisitAsync(Random random)
        {
            for (var visit = 0; visit < 500; visit++)
            {
                using var cancelled = new CancellationTokenSource();
                var size = random.Next(12);
                var taking = TakeAsync(room, size, cancelled.Token);
                if (random.Next(4) == 0)
                    await cancelled.CancelAsync();
                try
                {
                    await taking;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                if (now > 1)
                    met.TrySetResult();
                await met.Task; // whatever the scheduler does, two meet there
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                room.Release(size);
            }
        }
    }

    private static Task TakeAsync(PublishRoom room, int size, CancellationToken cancellationToken = default) =>
        room.TakeAsync(size, cancellationToken).AsTask();

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
