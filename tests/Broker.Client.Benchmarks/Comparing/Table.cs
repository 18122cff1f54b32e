using System.Globalization;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>The figures of one group for people.</summary>
internal static class Table
{
    public static void Print(IReadOnlyList<Row> rows)
    {
        if (rows.Count == 0)
            return;
        Console.WriteLine();
        Console.WriteLine($"{rows[0].Group}");
        Console.WriteLine(
            $"{"work",-18} {"contender",-15} {"msg/s",8} {"(min-max)",-17} {"x limit",7} {"x driver",8} {"CPU us",7} {"bytes",8}"
            + $" {"sends",6} {"p50 us",8} {"p99 us",9}");
        foreach (var row in rows)
        {
            var figures = row.Failure is { } failure ? $"failed: {failure}" : Figures(row, rows);
            Console.WriteLine($"{row.Work.Name,-18} {row.Contender,-15} {figures}");
        }
    }

    private static string Figures(Row row, IReadOnlyList<Row> rows)
    {
        var rates = row.Rounds.Select(static round => round.MessagesPerSecond).ToList();
        var range = FormattableString.Invariant($"({rates.Min():0}-{rates.Max():0})");
        return $"{Text(row.Rate, "0"),8} {range,-17} {Of("limit"),7} {Of("driver"),8} {Text(row.Cpu, "0.0"),7}"
            + $" {Text(row.Bytes, "0"),8} {Text(row.Sends, "0.000"),6} {Text(row.P50, "0"),8} {Text(row.P99, "0"),9}";

        string Of(string other) =>
            rows.FirstOrDefault(one => one.Work == row.Work && one.Contender == other) is { Rate: > 0 } against
                ? Text(row.Rate / against.Rate, "0.00")
                : "-";
    }

    private static string Text(double? figure, string format) =>
        figure?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
