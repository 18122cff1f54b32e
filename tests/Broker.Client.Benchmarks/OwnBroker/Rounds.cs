using System.Globalization;

namespace Broker.Client.Benchmarks.OwnBroker;

/// <summary>Measures something some times; the first is for the compiler.</summary>
internal static class Rounds
{
    private const int Count = 7;

    /// <summary>Prints the median of the rates and the range of all.</summary>
    public static async Task RateAsync(string what, int messages, Func<Task> round)
    {
        var rates = (await MeasureAsync(round)).Select(time => messages / time.TotalSeconds).Order().ToList();
        Print(what, rates, "N0", "messages/s");
    }

    /// <summary>Prints the median of the times and the range of all.</summary>
    public static async Task TimeAsync(string what, Func<Task> round)
    {
        var times = (await MeasureAsync(round)).Select(static time => time.TotalMilliseconds).Order().ToList();
        Print(what, times, "N2", "ms");
    }

    public static async Task<TimeSpan> OnceAsync(Func<Task> action)
    {
        var start = TimeProvider.System.GetTimestamp();
        await action();
        return TimeProvider.System.GetElapsedTime(start);
    }

    public static void Print(string what, IReadOnlyList<double> sorted, string format, string unit)
    {
        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine($"{what,-60} {sorted[sorted.Count / 2].ToString(format, culture),10} {unit}"
            + $"  ({sorted[0].ToString(format, culture)} to {sorted[^1].ToString(format, culture)})");
    }

    private static async Task<List<TimeSpan>> MeasureAsync(Func<Task> round)
    {
        List<TimeSpan> times = [];
        for (var i = 0; i <= Count; i++)
        {
            var time = await OnceAsync(round);
            if (i > 0) times.Add(time);
        }

        return times;
    }
}
