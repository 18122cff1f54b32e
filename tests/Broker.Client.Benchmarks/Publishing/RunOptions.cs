using System.Globalization;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>What the command line asks for.</summary>
internal sealed record RunOptions
{
    private static readonly string[] s_servers = ["broker", Plan.Sink];
    private static readonly string[] s_queueTypes = ["classic", "quorum"];

    public bool Short { get; private init; }

    public IReadOnlyList<string> Only { get; private init; } = Contenders.Contender.Names;

    public IReadOnlyList<string> Works { get; private init; } = Plan.Works;

    public IReadOnlyList<string> Servers { get; private init; } = s_servers;

    public IReadOnlyList<string> QueueTypes { get; private init; } = s_queueTypes;

    public IReadOnlyList<int> Sizes { get; private init; } = [16, 1024, 16 * 1024];

    /// <summary>Rounds that count; one more comes before them.</summary>
    public int Rounds { get; private init; } = 5;

    public TimeSpan Section { get; private init; } = TimeSpan.FromSeconds(1);

    /// <summary>The file that everything is written to, or null.</summary>
    public string? Json { get; private init; }

    private static RunOptions ShortForm { get; } = new()
    {
        Short = true,
        Only = ["ours", "limit", "driver"],
        Works = ["window", "callers-8", "callers-200", "one"],
        QueueTypes = ["classic"],
        Sizes = [16, 1024],
        Rounds = 3,
        Section = TimeSpan.FromSeconds(0.3),
    };

    /// <exception cref="ArgumentException">An option is not known, or its value is none that it may have.</exception>
    public static RunOptions Parse(IReadOnlyList<string> args)
    {
        var options = args.Contains("--short") ? ShortForm : new RunOptions();
        for (var index = 0; index < args.Count; index++)
        {
            var name = args[index];
            if (name == "--short")
                continue;
            var value = index + 1 < args.Count ? args[++index] : throw new ArgumentException($"{name} wants a value. {Usage}");
            options = name switch
            {
                "--only" => options with { Only = Choice(name, value, Contenders.Contender.Names) },
                "--works" => options with { Works = Choice(name, value, Plan.Works) },
                "--servers" => options with { Servers = Choice(name, value, s_servers) },
                "--queues" => options with { QueueTypes = Choice(name, value, s_queueTypes) },
                "--sizes" => options with { Sizes = [.. value.Split(',').Select(size => Whole(name, size, 0)).Distinct()] },
                "--rounds" => options with { Rounds = Whole(name, value, 1) },
                "--seconds" => options with { Section = TimeSpan.FromSeconds(Seconds(name, value)) },
                "--json" => options with { Json = value },
                _ => throw new ArgumentException($"There is no option {name}. {Usage}"),
            };
        }

        return options;
    }

    private static string Usage =>
        "Options: --short, --only CONTENDER,..., --works WORK,..., --servers broker,sink, --queues classic,quorum, "
        + "--sizes BYTES,..., --rounds N, --seconds S, --json FILE.";

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
