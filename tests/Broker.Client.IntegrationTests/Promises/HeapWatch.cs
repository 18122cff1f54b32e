namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How far the managed heap of the process has grown, garbage not counted.</summary>
internal sealed class HeapWatch
{
    private readonly long _before = Live();
    private long _most;

    /// <summary>The most that was seen.</summary>
    public long Growth => Math.Max(0, _most - _before);

    public void Look() => _most = Math.Max(_most, Live());

    private static long Live() => GC.GetTotalMemory(forceFullCollection: true);
}
