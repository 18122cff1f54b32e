using System.Reflection;
using System.Runtime.InteropServices;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>Where and on what a run was made.</summary>
internal sealed record Facts(
    string Broker, string Driver, int Cores, string Runtime, string System, string Load, DateTimeOffset Began)
{
    public static Facts Of(string broker) => new(
        broker, $"RabbitMQ.Client {DriverVersion()}",
        Environment.ProcessorCount, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription, LoadNow(),
        TimeProvider.System.GetUtcNow());

    // The assembly's own version is that of the first release it is compatible with.
    private static string? DriverVersion() =>
        typeof(RabbitMQ.Client.IConnection).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>The load average of the machine, where the system tells it.</summary>
    public static string LoadNow() =>
        File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";
}
