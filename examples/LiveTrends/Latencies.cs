namespace LiveTrends;

/// <summary>The ways that the server can measure; the browser measures the fourth.</summary>
internal enum Way
{
    Polling,
    Queue,
    Bus,
}

/// <summary>How long each way takes, as a moving average in milliseconds.</summary>
internal sealed class Latencies
{
    private const double Weight = 0.05;

    private readonly Lock _lock = new();
    private readonly double?[] _averages = new double?[3];

    public void Add(Way way, double? milliseconds)
    {
        if (milliseconds is not >= 0)
            return;
        lock (_lock)
            _averages[(int)way] = _averages[(int)way] is { } before ? before + (Weight * (milliseconds - before)) : milliseconds;
    }

    public double? Of(Way way)
    {
        lock (_lock)
            return _averages[(int)way];
    }
}
