using System.Diagnostics;
using System.Globalization;

namespace Broker.Client.Benchmarks.Publishing.Contenders;

/// <summary>Debian's pika, in a process of its own. Its blocking channel awaits every confirm, so that it knows no window.</summary>
internal sealed class Pika(Group group) : Contender
{
    private const string Python = "/usr/bin/python3";

    /// <exception cref="NotSupportedException">It is not installed here.</exception>
    public static async Task<Contender> OpenAsync(Group group)
    {
        if (File.Exists(Python))
        {
            using var python = Start(["-c", "import pika"]);
            await python.WaitForExitAsync();
            if (python.ExitCode == 0)
                return new Pika(group);
        }

        throw new NotSupportedException($"{Python} has no pika (Debian: python3-pika)");
    }

    public override bool Can(Work work) => work.Callers == 1 && work.Queues == 1 && work.Name is "window" or "one" or "rate";

    public override async Task<Section> RunAsync(Work work, TimeSpan time, Latencies latencies)
    {
        using var python = Start(
        [
            Path.Combine(AppContext.BaseDirectory, "Publishing", "publish_pika.py"), group.Uri.OriginalString, group.Queue(0),
            $"{group.Size}", time.TotalSeconds.ToString(CultureInfo.InvariantCulture), $"{work.PerSecond}",
        ]);
        var output = await python.StandardOutput.ReadToEndAsync();
        var errors = await python.StandardError.ReadToEndAsync();
        await python.WaitForExitAsync();
        if (python.ExitCode != 0)
            throw new InvalidOperationException($"pika ended with {errors.TrimEnd().Split('\n')[^1]}");
        double[] figures = [.. output.Trim().Split(' ').Select(static one => double.Parse(one, CultureInfo.InvariantCulture))];
        return new Section((long)figures[0], figures[1], figures[2], null, null, figures[3], figures[4]);
    }

    public override ValueTask DisposeAsync() => default;

    private static Process Start(IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo(Python, arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!; // it starts, or throws
}
