using System.Diagnostics;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>
/// A small shell that outlives this process only to clean up after it: when the tests are killed, no broker stays behind.
/// </summary>
internal sealed class OrphanGuard : IDisposable
{
    private readonly Process? _shell;

    /// <param name="cleanUp">Shell commands; the arguments are $1 and up.</param>
    /// <param name="arguments">The arguments of the commands.</param>
    public OrphanGuard(string cleanUp, params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            return;
        var start = new ProcessStartInfo(Command.Find("setsid") ?? "/usr/bin/env");
        foreach (var argument in (string[])["sh", "-c", $"""
            exec </dev/null >/dev/null 2>&1
            tests=$1; shift
            while kill -0 "$tests"; do sleep 1; done
            {cleanUp}
            """, "guard", $"{Environment.ProcessId}", .. arguments])
            start.ArgumentList.Add(argument);
        _shell = Process.Start(start);
    }

    public void Dispose()
    {
        if (_shell is null)
            return;
        try
        {
            _shell.Kill();
        }
        catch (InvalidOperationException)
        {
            // Ended already.
        }

        _shell.Dispose();
    }
}
