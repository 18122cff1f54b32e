using System.Globalization;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    private static readonly string[] s_queueTypes = ["classic", "quorum"];

    public IReadOnlyList<string> Only { get; init; } = [];

    public IReadOnlyList<string> Works { get; init; } = [];

    public IReadOnlyList<string> Servers { get; init; } = [];

    public IReadOnlyList<string> QueueTypes { get; init; } = s_queueTypes;

    public IReadOnlyList<int> Sizes { get; init; } = [16, 1024, 16 * 1024];

    /// <summary>Rounds that count; one more comes before them.</summary>
    public int Rounds { get; init; } = 5;

    public TimeSpan Section { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The file that everything is written to, or null.</summary>
    public string? Json { get; private init; }

    /// <exception cref="ArgumentException">An option is not known, or its value is none that it may have.</exception>
    public static RunOptions Parse(IReadOnlyList<string> args, Choices choices)
    {
        var options = args.Contains("--short")
            ? choices.Short with { Servers = choices.Servers }
            : new RunOptions { Only = choices.Contenders, Works = choices.Works, Servers = choices.Servers };
        var usage = Usage(choices);
        for (var index = 0; index < args.Count; index++)
        {
            var name = args[index];
            if (name == "--short")
                continue;
            var value = index + 1 < args.Count ? args[++index] : throw new ArgumentException($"{name} wants a value. {usage}");
            options = name switch
            {
                "--only" => options with { Only = Choice(name, value, choices.Contenders) },
                "--works" => options with { Works = Choice(name, value, choices.Works) },
                "--servers" => options with { Servers = Choice(name, value, choices.Servers) },
                "--queues" => options with { QueueTypes = Choice(name, value, s_queueTypes) },
                "--sizes" => options with { Sizes = [.. value.Split(',').Select(size => Whole(name, size, 0)).Distinct()] },
                "--rounds" => options with { Rounds = Whole(name, value, 1) },
                "--seconds" => options with { Section = TimeSpan.FromSeconds(Seconds(name, value)) },
                "--json" => options with { Json = value },
                _ => throw new ArgumentException($"There is no option {name}. {usage}"),
            };
        }

        return options;
    }

    private static string Usage(Choices choices) =>
        $"Options: --short, --only CONTENDER,..., --works WORK,..., --servers {string.Join(',', choices.Servers)}, "
        + "--queues classic,quorum, --sizes BYTES,..., --rounds N, --seconds S, --json FILE.";

    private static string[] Choice(string name, string value, IReadOnlyList<string> known)
    {
        string[] chosen = [.. value.Split(',').Distinct()];
        return chosen.FirstOrDefault(one => !known.Contains(one)) is { } wrong
            ? throw new ArgumentException($"{name} has no '{wrong}'; it has {string.Join(", ", known)}.")
            : chosen;
    }

    private static int Whole(string name, string value, int least) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new ArgumentException($"{name} wants whole numbers of at least {least}, not '{value}'.");

    private static double Seconds(string name, string value) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number is >= 0.01 and <= 3600
            ? number
            : throw new ArgumentException($"{name} wants a number from 0.01 to 3600, not '{value}'.");
}
