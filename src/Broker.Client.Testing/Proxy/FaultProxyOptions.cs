namespace Broker.Client.Testing;

/// <summary>Settings of a <see cref="FaultProxy"/>; copied when it starts.</summary>
public sealed record FaultProxyOptions
{
    /// <summary>The port on 127.0.0.1 to listen on. The default, 0, takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>The seed of all jitter. The default is 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>The clock of delays, bandwidth, schedules and bites. The default is the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
