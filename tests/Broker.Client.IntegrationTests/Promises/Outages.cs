namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How long there was no confirm.</summary>
internal sealed class Outages
{
    private readonly Lock _lock = new(); // guards all below
    private long _last = TimeProvider.System.GetTimestamp();
    private TimeSpan _longest;

    public void NoteConfirm()
    {
        lock (_lock)
        {
            var now = TimeProvider.System.GetTimestamp();
            Note(now);
            _last = now;
        }
    }

    /// <summary>The longest since the last time that this was asked; one that is not over counts as far as it went.</summary>
    public TimeSpan TakeLongest()
    {
        lock (_lock)
        {
            Note(TimeProvider.System.GetTimestamp());
            var longest = _longest;
            _longest = TimeSpan.Zero;
            return longest;
        }
    }

    private void Note(long now)
    {
        if (TimeProvider.System.GetElapsedTime(_last, now) is var gap && gap > _longest)
            _longest = gap;
    }
}
