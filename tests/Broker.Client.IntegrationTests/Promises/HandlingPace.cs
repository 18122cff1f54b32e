using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A handler that takes some milliseconds, and notes the longest time in which nothing was handled.</summary>
internal sealed class HandlingPace
{
    private static readonly TimeSpan s_work = TimeSpan.FromMilliseconds(5);

    private readonly Collected<int> _handled = new();
    private long _last;

    public int Handled => _handled.Count;

    public TimeSpan LongestGap { get; private set; }

    // One at a time, as consumers do unless told otherwise.
    public async Task HandleAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        await Task.Delay(s_work, TimeProvider.System, cancellationToken);
        var now = TimeProvider.System.GetTimestamp();
        if (_last != 0 && TimeProvider.System.GetElapsedTime(_last, now) is var gap && gap > LongestGap)
            LongestGap = gap;
        _last = now;
        _handled.Add(0);
    }

    public Task ReachAsync(int count) => _handled.ReachAsync(count);
}
