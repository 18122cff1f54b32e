using System.Globalization;
using Broker.Client.Benchmarks.Publishing.Servers;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>
/// Confirmed publishes of this library beside others and beside a bare socket, on the broker of BROKER_URI (a TestBroker
/// where there is none) and on a sink that confirms at once.
/// </summary>
internal static class PublishScenario
{
    public static async Task<int> RunAsync(string[] args)
    {
        RunOptions options;
        try
        {
            options = RunOptions.Parse(args);
        }
        catch (ArgumentException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }

        await using var sink = await ServerChild.StartAsync(Plan.Sink);
        if (Environment.GetEnvironmentVariable("BROKER_URI") is { Length: > 0 } uri)
            return await RunAsync(options, ServerKind.RealBroker, new Uri(uri), sink.Uri);
        await using var testBroker = await ServerChild.StartAsync("testbroker");
        return await RunAsync(options, ServerKind.TestBroker, testBroker.Uri, sink.Uri);
    }

    private static async Task<int> RunAsync(RunOptions options, ServerKind kind, Uri broker, Uri sink)
    {
        var name = await Topology.BrokerAsync(broker);
        var facts = Facts.Of(name);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{facts.Broker}, {facts.Driver}, {facts.Runtime}, {facts.Cores} cores, load {facts.Load}, "
            + $"{options.Rounds} rounds of {options.Section.TotalSeconds} s each; "
            + $"figures are medians, and a message's where they are costs"));

        var (rows, latencies) = (new List<Row>(), new Latencies());
        foreach (var group in Plan.Groups(options, (kind, name, broker), sink))
        {
            var more = await new GroupRun(group, options, latencies).RunAsync();
            Table.Print(more);
            rows.AddRange(more);
        }

        var goals = new Goals(rows).Judge();
        Console.WriteLine();
        foreach (var goal in goals)
            Console.WriteLine(goal);
        Console.WriteLine($"load at the end: {Facts.LoadNow()}");
        if (options.Json is { } file)
            await JsonReport.WriteAsync(file, facts, options, rows, goals);
        return 0;
    }
}
