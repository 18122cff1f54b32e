namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How long each producer went without a confirm.</summary>
internal sealed class Outages
{
    private readonly Lock _lock = new(); // guards all below
    private readonly Dictionary<int, long> _last = [];
    private TimeSpan _longest;

    public void NoteConfirm(int producer)
    {
        var now = TimeProvider.System.GetTimestamp();
        lock (_lock)
        {
            if (_last.TryGetValue(producer, out var last) && TimeProvider.System.GetElapsedTime(last, now) is var gap && gap > _longest)
                _longest = gap;
            _last[producer] = now;
        }
    }

    /// <summary>The longest since the last time that this was asked.</summary>
    public TimeSpan TakeLongest()
    {
        lock (_lock)
        {
            var longest = _longest;
            _longest = TimeSpan.Zero;
            return longest;
        }
    }
}
