namespace Broker.Client.Testing;

/// <summary>A fault on bytes as the writers see it.</summary>
internal sealed class LineFault
{
    private int _fired;

    public ArmedFault Handle { get; set; } = null!;

    public long Amount { get; init; }

    public TimeSpan Delay { get; init; }

    public TimeSpan Jitter { get; init; }

    public Action<ProxyConnection>? Callback { get; init; }

    /// <summary>Whether it is in force before its bite is told; else those who count bites know of it before it is.</summary>
    public bool ActsFirst { get; init; }

    public bool TryFire() => Interlocked.Exchange(ref _fired, 1) == 0;
}
