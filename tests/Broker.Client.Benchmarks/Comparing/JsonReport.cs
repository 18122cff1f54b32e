using System.Text.Json;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>All of a run for programs: the machine, every round, the medians and the goals.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_indented = new(JsonSerializerOptions.Web) { WriteIndented = true };

    public static Task WriteAsync(
        string file, Facts facts, RunOptions options, IReadOnlyList<Row> rows, IReadOnlyList<Goal> goals) =>
        File.WriteAllTextAsync(file, JsonSerializer.Serialize(
            new
            {
                facts,
                options.Rounds,
                SectionSeconds = options.Section.TotalSeconds,
                Rows = rows.Select(static row => new
                {
                    Broker = row.Group.Server.Name,
                    row.Group.QueueType,
                    row.Group.Size,
                    Work = (object)row.Work, // with what its kind has besides
                    row.Contender,
                    row.Failure,
                    Median = new { row.Rate, row.Cpu, row.Bytes, row.Sends, row.P50, row.P99 },
                    row.Rounds,
                }),
                Goals = goals,
            },
            s_indented));
}
