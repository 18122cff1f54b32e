namespace Broker.Client.Testing;

/// <summary>The faults that were armed on one proxy or broker, and what they did.</summary>
internal sealed class FaultBook(TimeProvider clock, string owner, Action<string>? report = null)
{
    private readonly Lock _lock = new();
    private readonly List<ArmedFault> _armed = [];
    private readonly BiteLog _log = new();

    public TimeProvider Clock => clock;

    public IReadOnlyList<FaultBite> Bites => _log.All;

    public void Armed(ArmedFault fault)
    {
        lock (_lock) _armed.Add(fault);
    }

    public void Add(FaultBite bite)
    {
        // Before those who wait for the bite go on, and perhaps end the test that the report belongs to.
        var where = bite.Connection > 0 ? $" on connection {bite.Connection}" : "";
        report?.Invoke($"{bite.Fault} bit{where}");
        _log.Add(bite);
    }

    public Task<FaultBite> WaitAsync(int count, TimeSpan timeout) => _log.WaitAsync(count, timeout, $"The faults of the {owner}");

    public void AssertBit()
    {
        lock (_lock)
        {
            var missed = _armed.Where(static fault => fault.Bites.Count == 0).Select(static fault => fault.Name).ToList();
            if (missed.Count == 0) return;
            var bitten = Bites.Select(static bite => bite.Fault).Distinct().ToList();
            throw new InvalidOperationException($"These faults never bit: {string.Join("; ", missed)}"
                + (bitten.Count > 0 ? $"\nThese did: {string.Join("; ", bitten)}" : ""));
        }
    }
}
