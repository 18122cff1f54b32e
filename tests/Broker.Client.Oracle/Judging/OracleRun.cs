using System.Collections.Concurrent;
using Broker.Client.Oracle.Programs;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Judging;

/// <summary>Many programs, several at a time.</summary>
internal sealed class OracleRun(Uri uri, BrokerProfile profile, Action<string> say)
{
    private readonly ConcurrentQueue<Report> _reports = [];
    private readonly ConcurrentDictionary<string, int> _kinds = new();
    private readonly ConcurrentQueue<int> _alike = [];
    private int _done;

    /// <summary>How many run at once.</summary>
    public int Width { get; init; } = 16;

    /// <summary>After so many differences the rest is left.</summary>
    public int MostReports { get; init; } = 5;

    /// <summary>Whether a program that differs is made as small as it can be; it takes a second for each attempt.</summary>
    public bool Shrinks { get; init; } = true;

    public IReadOnlyCollection<Report> Reports => _reports;

    /// <summary>Seeds of programs that differed once, and agreed when they were played again.</summary>
    public ConcurrentQueue<int> Wavering { get; } = [];

    /// <summary>Seeds of programs that differ as one does that was reported.</summary>
    public IReadOnlyCollection<int> Alike => _alike;

    public int Done => _done;

    public async Task RunAsync(int first, int count)
    {
        var run = Guid.NewGuid().ToString("n")[..6];
        var next = first - 1;
        await Task.WhenAll(Enumerable.Range(0, Width).Select(async worker =>
        {
            await using var judge = new Judge(uri, profile, $"o{run}.{worker}.");
            while (_reports.Count < MostReports && Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                await TryAsync(judge, seed);
                if (Interlocked.Increment(ref _done) % 500 == 0) say($"{_done} of {count} programs");
            }
        }));
    }

    private async Task TryAsync(Judge judge, int seed)
    {
        var program = Generator.Draw(seed);
        if (await judge.PlayAsync(program) is not { } difference) return;
        var second = await judge.PlayAsync(program);
        // A busy machine may be late twice: what is really another thing differs each time.
        if (second is not null) second = await judge.PlayAsync(program);
        if (second is null)
        {
            Wavering.Enqueue(seed);
            say($"seed {seed} wavers:\n{new Report(seed, program, difference)}");
            return;
        }

        var report = new Report(seed, program, second);
        if (!_kinds.TryAdd(report.Signature, seed))
        {
            _alike.Enqueue(seed);
            return;
        }

        if (Shrinks)
        {
            program = await Shrinker.ShrinkAsync([.. program.Take(second.Index + 1)], async smaller => await judge.PlayAsync(smaller) is not null);
            if (await judge.PlayAsync(program) is { } last) report = new(seed, program, last);
        }

        _reports.Enqueue(report);
        say(report.ToString());
    }
}
