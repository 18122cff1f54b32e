using System.Diagnostics;

namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>Runs one program to its end.</summary>
internal static class Command
{
    public static async Task<string> RunAsync(ProcessStartInfo start, TimeSpan limit)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = start.RedirectStandardInput = true;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var timer = new CancellationTokenSource(limit, TimeProvider.System);
        var output = process.StandardOutput.ReadToEndAsync(timer.Token);
        var errors = process.StandardError.ReadToEndAsync(timer.Token);
        try
        {
            await process.WaitForExitAsync(timer.Token);
            if (process.ExitCode == 0)
                return await output;
            throw new InvalidOperationException($"{Line(start)} ended with {process.ExitCode}:\n{await output}\n{await errors}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Line(start)} did not end within {limit.TotalSeconds} s.");
        }
    }

    /// <summary>The full path of a program on PATH, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string Line(ProcessStartInfo start) => $"{Path.GetFileName(start.FileName)} {string.Join(' ', start.ArgumentList)}";
}
