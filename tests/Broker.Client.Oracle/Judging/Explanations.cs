using System.Text.RegularExpressions;
using Broker.Client.Oracle.Programs;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Judging;

/// <summary>
/// The differences that are known and stay: the lines of DIFFERENCES.md, each with a program that shows it. The generator draws none of these.
/// </summary>
internal static partial class Explanations
{
    private static readonly Dictionary<string, IReadOnlyList<Operation>> s_witnesses = new()
    {
        ["quorum-expires"] =
        [
            new DeclareQueue(0, 0, new("quorum") { Arguments = new Dictionary<string, object?> { ["x-expires"] = 50 } }), new Wait(150),
        ],
        ["single-active-get"] =
        [
            new DeclareQueue(0, 0, new("quorum") { Arguments = new Dictionary<string, object?> { ["x-single-active-consumer"] = true } }),
            Consumer(channel: 0, tag: 0, priority: 0), Message(0, "m0"), Consumer(channel: 1, tag: 1, priority: 2),
            new Get(1, 0, NoAck: true), new Get(0, 0, NoAck: true),
        ],
        ["type-changed"] =
        [
            new DeclareQueue(0, 0, new("classic")), new Get(0, 0, NoAck: true), new DeleteQueue(0, 0, false, false),
            new DeclareQueue(0, 0, new("quorum")), Message(0, "m"),
        ],
    };

    /// <summary>What the file says of this version.</summary>
    public static IReadOnlyList<string> Of(string version)
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "DIFFERENCES.md"));
        return
        [
            .. Line().Matches(text)
                .Where(match => match.Groups["versions"].Value.Split(", ").Any(known => version.StartsWith($"{known}.", StringComparison.Ordinal)))
                .Select(match => match.Groups["id"].Value),
        ];
    }

    /// <summary>Those of this version that explain nothing, with the reason; there should be none.</summary>
    public static async Task<IReadOnlyList<string>> IdleAsync(Uri uri, BrokerProfile profile, string version)
    {
        List<string> idle = [];
        await using var judge = new Judge(uri, profile, $"w{Guid.NewGuid():n}"[..8]);
        foreach (var id in Of(version))
        {
            if (!s_witnesses.TryGetValue(id, out var witness)) idle.Add($"{id} has no program that shows it");
            else if (!await DiffersAsync(judge, witness)) idle.Add($"{id} explains nothing: RabbitMQ {version} does as the test broker does");
        }

        return idle;
    }

    // What depends on when RabbitMQ looks may look right once.
    private static async Task<bool> DiffersAsync(Judge judge, IReadOnlyList<Operation> witness)
    {
        for (var attempt = 0; attempt < 3; attempt++)
            if (await judge.PlayAsync(witness) is not null) return true;
        return false;
    }

    private static Consume Consumer(int channel, int tag, int priority) =>
        new(channel, 0, tag, NoAck: false, Exclusive: false, new Dictionary<string, object?> { ["x-priority"] = priority });

    private static Publish Message(int queue, string body) =>
        new(0, -1, "", queue, Mandatory: false, MessageProperties.None, body, Count: 1);

    [GeneratedRegex(@"^- \*\*(?<id>[a-z-]+)\*\* \((?<versions>[0-9., ]+)\): ", RegexOptions.Multiline)]
    private static partial Regex Line();
}
