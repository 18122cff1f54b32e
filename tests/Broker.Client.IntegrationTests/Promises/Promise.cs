using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>
/// How thoroughly the promises are tested, from which seed, and where each run tells what it saw: PROMISE_TIER (pr, which is also the default,
/// night or release), PROMISE_SEED (an integer; without it a new one) and PROMISE_LOG (a file that gets one JSON line a run).
/// </summary>
internal static class Promise
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly Lock s_log = new(); // one line at a time

    public static string Tier { get; } = Variable("PROMISE_TIER") ?? "pr";

    public static int Seed { get; } =
        Variable("PROMISE_SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : new Random().Next();

    /// <summary>What of these the tier asks for.</summary>
    public static int Figure(int pr, int night, int release) => Tier switch
    {
        "pr" => pr,
        "night" => night,
        "release" => release,
        _ => throw new InvalidOperationException($"PROMISE_TIER is pr, night or release, not '{Tier}'."),
    };

    /// <summary>Draws the same numbers for the same seed, whatever other tests have drawn.</summary>
    public static Random Random(int salt = 0) => new(unchecked((Seed * 7919) + salt));

    /// <summary>One run, as one JSON line, into the log and the output.</summary>
    public static void Report(object run)
    {
        var line = JsonSerializer.Serialize(run, s_json);
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        lock (s_log)
        {
            Console.WriteLine(line);
            if (Variable("PROMISE_LOG") is { } log)
                File.AppendAllText(log, line + "\n");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
