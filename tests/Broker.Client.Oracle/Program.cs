using Broker.Client.Oracle.Judging;
using Broker.Client.Oracle.Playing;
using Broker.Client.Oracle.Programs;
using Broker.Client.Oracle.Wire;

// The test broker against a real one:
//
//   Broker.Client.Oracle --uri URI [--count 200] [--seed 1] [--width 16] [--reports 5] [--raw] [--print]
//
// The profile is that of the broker's version. --seed is the first seed; a report names its own. --raw does not shrink; --print prints the program
// of the seed, and what the test broker makes of it, and ends.
var values = args.Where(arg => arg is not ("--raw" or "--print")).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
var uri = new Uri(values.GetValueOrDefault("--uri") ?? Environment.GetEnvironmentVariable("BROKER_URI") ?? "amqp://guest:guest@127.0.0.1");
var (seed, count) = (Number("--seed", 1), Number("--count", 200));
string version;
await using (var probe = await RawConnection.OpenAsync(uri, new Pulse())) version = probe.Version;
var profile = Profiles.Of(version);

if (args.Contains("--print"))
{
    await using var side = await TestSide.StartAsync(profile, uri);
    await using var stage = new Stage(side, "o.");
    var player = new Player(stage);
    foreach (var operation in Generator.Draw(seed))
    {
        Console.WriteLine(operation);
        foreach (var line in (await player.PredictAsync(operation)).Lines.Where(line => line.Length > 0)) Console.WriteLine($"    {line}");
    }

    return 0;
}

var started = TimeProvider.System.GetTimestamp();
var run = new OracleRun(uri, profile, Console.WriteLine)
{
    Width = Number("--width", 16), MostReports = Number("--reports", 5), Shrinks = !args.Contains("--raw"),
};
await run.RunAsync(seed, count);
Console.WriteLine($"RabbitMQ {version}: {run.Done} programs from seed {seed}, {run.Reports.Count + run.Alike.Count} differ in {run.Reports.Count} ways, {run.Wavering.Count} differed once; {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s");
var idle = await Explanations.IdleAsync(uri, profile, version);
foreach (var line in idle) Console.WriteLine(line);
return run.Reports.Count == 0 && idle.Count == 0 ? 0 : 1;

int Number(string name, int orElse) =>
    values.TryGetValue(name, out var value) ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : orElse;
