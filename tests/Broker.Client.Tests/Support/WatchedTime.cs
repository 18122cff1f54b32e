using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Support;

/// <summary>A clock that stands still, and tells when somebody has begun to wait on it.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
            _waits.Writer.TryWrite(dueTime);
        return timer;
    }

    /// <summary>How long the next wait is to be, once it has begun.</summary>
    public Task<TimeSpan> NextWaitAsync() => _waits.Reader.ReadAsync().AsTask().SoonAsync();

    /// <summary>Lets the next wait pass.</summary>
    public async Task<TimeSpan> PassNextWaitAsync()
    {
        var wait = await NextWaitAsync();
        Advance(wait);
        return wait;
    }

    /// <summary>Lets time run until it has ended, and throws what it threw.</summary>
    public async Task RunUntilAsync(Task ended)
    {
        using var patience = new CancellationTokenSource(Samples.Patience);
        while (!ended.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await ended;
    }
}
