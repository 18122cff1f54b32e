namespace Broker.Client.Benchmarks.Comparing;

/// <summary>
/// Runs one group: A B C ..., A B C ..., so that what the machine does besides meets all of them. The first round is
/// for the compiler and is dropped.
/// </summary>
internal sealed class GroupRun<TWork, TGroup>(
    IComparison<TWork, TGroup> comparison, TGroup group, RunOptions options, Latencies latencies)
    where TWork : Work
    where TGroup : Group<TWork>
{
    private readonly Dictionary<string, IContender<TWork>> _contenders = [];
    private readonly List<(Row Row, TWork Work)> _rows = [];

    public async Task<IReadOnlyList<Row>> RunAsync()
    {
        await using var queues = await QueueSet.DeclareAsync(group);
        try
        {
            await OpenAsync(queues);
            for (var round = 0; round <= options.Rounds; round++)
            {
                Console.Error.WriteLine($"{group}: round {round} of {options.Rounds}");
                foreach (var (row, work) in _rows.Where(static one => one.Row.Failure is null))
                    await RunAsync(row, work, isWarmUp: round == 0, queues);
            }
        }
        finally
        {
            foreach (var contender in _contenders.Values)
                await contender.DisposeAsync();
        }

        return [.. _rows.Select(static one => one.Row)];
    }

    private async Task OpenAsync(QueueSet queues)
    {
        var names = comparison.Choices.Contenders;
        foreach (var name in options.Only.Where(name => name == names[0] || !group.Alone))
        {
            try
            {
                _contenders[name] = await comparison.OpenAsync(name, group, queues);
            }
            catch (Exception error)
            {
                Console.WriteLine($"{group}: {name} is left out: {error.GetBaseException().Message}");
            }
        }

        foreach (var work in group.Works)
        {
            foreach (var (name, contender) in _contenders.Where(one => one.Value.Can(work)))
                _rows.Add((new Row(group, work, name), work));
        }
    }

    private async Task RunAsync(Row row, TWork work, bool isWarmUp, QueueSet queues)
    {
        latencies.Clear();
        try
        {
            var section = await _contenders[row.Contender].RunAsync(work, options.Section, latencies);
            await comparison.CheckAsync(group, section, queues);
            if (!isWarmUp)
                row.Rounds.Add(section);
        }
        catch (Exception error)
        {
            // Told in the table: a contender that cannot do a work is a result, too.
            row.Failure = error.GetBaseException().Message;
            await queues.PurgeAsync();
        }
    }
}
