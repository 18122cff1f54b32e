using System.Text.RegularExpressions;
using Broker.Client.Oracle.Playing;
using Broker.Client.Oracle.Programs;

namespace Broker.Client.Oracle.Judging;

/// <summary>A program that the brokers do not agree on.</summary>
internal sealed partial record Report(int Seed, IReadOnlyList<Operation> Program, Difference Difference)
{
    /// <summary>The same for reports that seem to be of one kind.</summary>
    public string Signature => Digits().Replace(
        $"{Program[Difference.Index].GetType().Name} {Difference.OnlyTest.FirstOrDefault()} / {Difference.OnlyReal.FirstOrDefault()}", "#");

    public override string ToString() => $"""
        seed {Seed}: the brokers differ in step {Difference.Index + 1}
        {string.Join('\n', Program.Take(Difference.Index + 1).Select((operation, index) => $"  {index + 1,2}. {operation}"))}
        test broker:
        {Lines(Difference.Test, Difference.Real)}
        RabbitMQ:
        {Lines(Difference.Real, Difference.Test)}
        """;

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    private static string Lines(IEnumerable<string> lines, IReadOnlyList<string> others) =>
        string.Join('\n', lines.Where(line => line.Length > 0).Select(line => $"  {(others.Contains(line) ? " " : "*")} {line}"));
}
