namespace Broker.Client;

/// <summary>For how long, all in all, a broker has taken no publishes; grows while it does not.</summary>
internal sealed class BlockedTime(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TimeSpan _total;
    private long? _since;

    public double Seconds
    {
        get
        {
            lock (_lock)
                return (_since is { } since ? _total + time.GetElapsedTime(since) : _total).TotalSeconds;
        }
    }

    public void Set(bool isBlocked)
    {
        lock (_lock)
        {
            if (isBlocked == _since.HasValue)
                return;
            if (_since is { } since)
                _total += time.GetElapsedTime(since);
            _since = isBlocked ? time.GetTimestamp() : null;
        }
    }
}
