using System.Diagnostics;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>Debian's Python, for the programs that use its pika.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";

    /// <exception cref="NotSupportedException">It is not installed here.</exception>
    public static async Task RequirePikaAsync()
    {
        if (File.Exists(Program))
        {
            using var python = Start("-c", "import pika");
            await python.WaitForExitAsync();
            if (python.ExitCode == 0)
                return;
        }

        throw new NotSupportedException($"{Program} has no pika (Debian: python3-pika)");
    }

    /// <summary>Runs a program that lies beside this one, and returns its last line.</summary>
    /// <param name="script">Its path.</param>
    /// <param name="ready">Called when it has said that it is ready.</param>
    /// <param name="arguments">What it is told.</param>
    public static async Task<string> RunAsync(string script, Func<Task>? ready, params IEnumerable<string> arguments)
    {
        using var python = Start([Path.Combine(AppContext.BaseDirectory, script), .. arguments]);
        var line = await python.StandardOutput.ReadLineAsync();
        if (line == "ready")
        {
            await (ready?.Invoke() ?? Task.CompletedTask);
            line = await python.StandardOutput.ReadLineAsync();
        }

        var errors = await python.StandardError.ReadToEndAsync();
        await python.WaitForExitAsync();
        return python.ExitCode == 0 && line is not null
            ? line
            : throw new InvalidOperationException($"pika ended with {errors.TrimEnd().Split('\n')[^1]}");
    }

    private static Process Start(params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!; // it starts, or throws
}
