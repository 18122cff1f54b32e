using System.Globalization;
using Broker.Client.Benchmarks.Servers;

namespace Broker.Client.Benchmarks.Comparing;

/// <summary>
/// Runs a comparison on the broker of BROKER_URI (a TestBroker where there is none) and on a bare server, and reports it.
/// </summary>
internal static class Scenario
{
    public static async Task<int> RunAsync<TWork, TGroup>(IComparison<TWork, TGroup> comparison, IReadOnlyList<string> args)
        where TWork : Work
        where TGroup : Group<TWork>
    {
        RunOptions options;
        try
        {
            options = RunOptions.Parse(args, comparison.Choices);
        }
        catch (ArgumentException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }

        await using var bareChild = await ServerChild.StartAsync(ServerChild.Bare);
        var bare = new Server(ServerKind.Bare, comparison.Choices.Servers[^1], bareChild.Uri);
        if (Environment.GetEnvironmentVariable("BROKER_URI") is { Length: > 0 } given)
            return await RunAsync(comparison, options, ServerKind.RealBroker, new Uri(given), bare);
        await using var testBroker = await ServerChild.StartAsync(ServerChild.TestBroker);
        return await RunAsync(comparison, options, ServerKind.TestBroker, testBroker.Uri, bare);
    }

    private static async Task<int> RunAsync<TWork, TGroup>(
        IComparison<TWork, TGroup> comparison, RunOptions options, ServerKind kind, Uri uri, Server bare)
        where TWork : Work
        where TGroup : Group<TWork>
    {
        var broker = new Server(kind, await QueueSet.BrokerAsync(uri), uri);
        var facts = Facts.Of(broker.Name);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{facts.Broker}, {facts.Driver}, {facts.Runtime}, {facts.Cores} cores, load {facts.Load}, "
            + $"{options.Rounds} rounds of {options.Section.TotalSeconds} s each; "
            + $"figures are medians, and a message's where they are costs"));

        var (rows, latencies) = (new List<Row>(), new Latencies());
        foreach (var group in comparison.Groups(options, broker, bare))
        {
            var more = await new GroupRun<TWork, TGroup>(comparison, group, options, latencies).RunAsync();
            Table.Print(more);
            rows.AddRange(more);
        }

        var goals = comparison.Judge(rows);
        Console.WriteLine();
        foreach (var goal in goals)
            Console.WriteLine(goal);
        Console.WriteLine($"load at the end: {Facts.LoadNow()}");
        if (options.Json is { } file)
            await JsonReport.WriteAsync(file, facts, options, rows, goals);
        return 0;
    }
}
