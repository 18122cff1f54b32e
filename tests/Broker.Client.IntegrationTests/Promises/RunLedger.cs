namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How often the handler ran for each message, and how many of its runs there were at once.</summary>
internal sealed class RunLedger
{
    private readonly Lock _lock = new(); // guards all below
    private readonly Dictionary<string, int> _runs = [];
    private readonly Dictionary<string, int> _running = [];
    private readonly HashSet<string> _overlapping = [];

    /// <summary>The messages that two runs had at once.</summary>
    public IReadOnlyList<string> Overlapping
    {
        get
        {
            lock (_lock)
                return [.. _overlapping];
        }
    }

    /// <summary>A run begins; returns how many there have been of this message, this one included.</summary>
    public int Begin(string message)
    {
        lock (_lock)
        {
            if ((_running[message] = _running.GetValueOrDefault(message) + 1) > 1)
                _overlapping.Add(message);
            return _runs[message] = _runs.GetValueOrDefault(message) + 1;
        }
    }

    public void End(string message)
    {
        lock (_lock)
            _running[message]--;
    }

    public int RunsOf(string message)
    {
        lock (_lock)
            return _runs.GetValueOrDefault(message);
    }
}
