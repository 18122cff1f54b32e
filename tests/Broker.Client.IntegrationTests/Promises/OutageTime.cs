using System.Threading.Channels;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A clock that stands still but for the waits between a client's attempts to connect: each is passed as soon as it has begun.</summary>
internal sealed class OutageTime : FakeTimeProvider
{
    // Shorter is the moment in which a client notices that both its connections are gone.
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);

    // What is waited for within an attempt, and by the driver's end in the background: none of them as long as any wait between attempts.
    private static readonly TimeSpan[] s_others = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(30)];

    private readonly Channel<DateTimeOffset> _due = Channel.CreateUnbounded<DateTimeOffset>();

    /// <summary>Options with this clock.</summary>
    public BrokerOptions OptionsFor(Uri uri)
    {
        var options = BrokerOptions.Parse(uri.OriginalString);
        options.TimeProvider = this;
        options.ConnectTimeout = s_others[1];
        options.OperationTimeout = s_others[2];
        return options;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime >= s_shortest && !s_others.Contains(dueTime))
            _due.Writer.TryWrite(GetUtcNow() + dueTime);
        return timer;
    }

    /// <summary>Forgets the waits that have begun.</summary>
    public void Forget()
    {
        while (_due.Reader.TryRead(out _))
        {
            // One more that has nothing to do with what comes.
        }
    }

    /// <summary>Lets all waits pass that are over by then.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = GetUtcNow() + time;
        while (await _due.Reader.ReadAsync().AsTask().InTime(60) is var due && due < end)
            AdvanceTo(due);
        AdvanceTo(end);
    }

    /// <summary>Lets waits pass until then.</summary>
    public async Task PassUntilAsync(Task end)
    {
        while (!end.IsCompleted)
        {
            Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(10), System);
        }

        await end;
    }

    private void AdvanceTo(DateTimeOffset time)
    {
        if (time > GetUtcNow())
            SetUtcNow(time);
    }
}
