using System.Diagnostics;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>What the process holds, and what its broker holds for it. Null is what cannot be seen on this system or on this broker.</summary>
internal sealed record Footprint(int Timers, int Threads, int? Sockets, int DriverConnections, int DriverChannels, int? BrokerConnections, int? BrokerChannels)
{
    private const int Slack = 2;

    public static async Task<Footprint> LookAsync(BrokerUnderTest broker, DriverCounters driver)
    {
        var counted = await driver.LookAsync();
        using var process = Process.GetCurrentProcess();
        return new Footprint(
            (int)Timer.ActiveCount, process.Threads.Count - ThreadPool.ThreadCount, OpenSockets(), counted.Connections, counted.Channels,
            await RowsAsync(broker, "list_connections"), await RowsAsync(broker, "list_channels"));
    }

    /// <summary>What has become more than it was, in words.</summary>
    public IEnumerable<string> MoreThan(Footprint before)
    {
        (string Name, int? Now, int? Before)[] counts =
        [
            ("timers", Timers, before.Timers),
            ("threads", Threads, before.Threads),
            ("sockets", Sockets, before.Sockets),
            ("connections of the driver", DriverConnections, before.DriverConnections),
            ("channels of the driver", DriverChannels, before.DriverChannels),
            ("connections at the broker", BrokerConnections, before.BrokerConnections),
            ("channels at the broker", BrokerChannels, before.BrokerChannels),
        ];
        return counts.Where(count => count.Now > count.Before + Slack).Select(count => $"{count.Now} {count.Name}, {count.Before} before");
    }

    private static int? OpenSockets() => OperatingSystem.IsLinux()
        ? new DirectoryInfo("/proc/self/fd").EnumerateFiles().Count(file => file.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true)
        : null;

    private static async Task<int?> RowsAsync(BrokerUnderTest broker, string list) => broker.Lacks(BrokerNeed.Control) is null
        ? (await broker.ControlAsync("-q", list, "pid")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length
        : null;
}
