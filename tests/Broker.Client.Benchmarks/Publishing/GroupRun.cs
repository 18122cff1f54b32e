using Broker.Client.Benchmarks.Publishing.Contenders;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>
/// Runs one group: A B C ..., A B C ..., so that what the machine does besides meets all of them. The first round is
/// for the compiler and is dropped.
/// </summary>
internal sealed class GroupRun(Group group, RunOptions options, Latencies latencies)
{
    private readonly Dictionary<string, Contender> _contenders = [];
    private readonly List<Row> _rows = [];

    public async Task<IReadOnlyList<Row>> RunAsync()
    {
        await using var topology = await Topology.DeclareAsync(group);
        try
        {
            await OpenAsync();
            for (var round = 0; round <= options.Rounds; round++)
            {
                Console.Error.WriteLine($"{group}: round {round} of {options.Rounds}");
                foreach (var row in _rows.Where(static row => row.Failure is null))
                    await RunAsync(row, isWarmUp: round == 0, topology);
            }
        }
        finally
        {
            foreach (var contender in _contenders.Values)
                await contender.DisposeAsync();
        }

        return _rows;
    }

    private async Task OpenAsync()
    {
        foreach (var name in options.Only.Where(name => name == Contender.Names[0] || !group.Alone))
        {
            try
            {
                _contenders[name] = await Contender.OpenAsync(name, group);
            }
            catch (Exception error)
            {
                Console.WriteLine($"{group}: {name} is left out: {error.Message}");
            }
        }

        foreach (var work in group.Works)
            _rows.AddRange(_contenders.Where(one => one.Value.Can(work)).Select(one => new Row(group, work, one.Key)));
    }

    private async Task RunAsync(Row row, bool isWarmUp, Topology topology)
    {
        latencies.Clear();
        try
        {
            var section = await _contenders[row.Contender].RunAsync(row.Work, options.Section, latencies);
            var stored = await topology.PurgeAsync();
            if (group.Kind != ServerKind.Sink && stored < section.Messages)
                throw new InvalidOperationException($"it published {section.Messages} messages, and the broker has {stored}");
            if (!isWarmUp)
                row.Rounds.Add(section);
        }
        catch (Exception error)
        {
            // Told in the table: a contender that cannot do a work is a result, too.
            row.Failure = error.Message;
            await topology.PurgeAsync();
        }
    }
}
