using Broker.Client.Oracle.Playing;
using Broker.Client.Oracle.Programs;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Judging;

/// <summary>Plays programs on the test broker and on a real one, and says where they differ. One program at a time; its connections are kept.</summary>
internal sealed class Judge(Uri uri, BrokerProfile profile, string prefix) : IAsyncDisposable
{
    private static readonly TimeSpan s_slack = TimeSpan.FromMilliseconds(Generator.Short - 250);

    private Court? _court;
    private int _played;

    /// <summary>Null where they agree.</summary>
    public async Task<Difference?> PlayAsync(IReadOnlyList<Operation> program)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (difference, isSlow) = await TryAsync(program);
            // What ends by time ended before the program got there: on a busy machine that says nothing.
            if (difference is null || !isSlow || attempt == 5) return difference;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_court is not null) await _court.DisposeAsync();
    }

    private async Task<(Difference? Difference, bool IsSlow)> TryAsync(IReadOnlyList<Operation> program)
    {
        _court ??= await Court.OpenAsync(uri, profile);
        var name = $"{prefix}{_played++}.";
        Difference? difference;
        var watch = new SlowWatch(s_slack);
        try
        {
            await using var test = new Stage(_court.Test, name);
            await using var real = new Stage(_court.Real, name);
            difference = await PlayAsync(program, test, real, watch);
        }
        catch (Exception)
        {
            await CloseAsync();
            throw;
        }

        if (difference is not null) await CloseAsync();
        return (difference, watch.IsSlow);
    }

    private static async Task<Difference?> PlayAsync(IReadOnlyList<Operation> program, Stage test, Stage real, SlowWatch watch)
    {
        var (predictor, player) = (new Player(test), new Player(real));
        List<Step> expected = [];
        foreach (var operation in program)
        {
            var shares = test.SharesLine;
            var step = await predictor.PredictAsync(operation);
            // Which of two channels ends first when their connection fails is chance, and what the one gives back may
            // still reach the other: there the program ends.
            if (shares && step.Lines.Any(line => line.StartsWith("connection 0 close", StringComparison.Ordinal))) break;
            expected.Add(step);
        }

        for (var i = 0; i < expected.Count; i++)
        {
            watch.See(program[i]);
            if (await player.CompareAsync(program[i], expected[i]) is { } found) return await EndAsync(new(i, expected[i].Lines, found));
        }

        if (expected.Count > 0 && await player.EndAsync() is { } late) return await EndAsync(new(expected.Count - 1, expected[^1].Lines, [.. expected[^1].Lines, .. late]));
        return await EndAsync(null);

        async Task<Difference?> EndAsync(Difference? difference)
        {
            await predictor.ClearAsync();
            await player.ClearAsync();
            return difference;
        }
    }

    private async Task CloseAsync()
    {
        await _court!.DisposeAsync();
        _court = null;
    }

    /// <summary>The two brokers of a judge.</summary>
    private sealed record Court(TestSide Test, RealSide Real) : IAsyncDisposable
    {
        public static async Task<Court> OpenAsync(Uri uri, BrokerProfile profile) => new(await TestSide.StartAsync(profile, uri), new(uri));

        public ValueTask DisposeAsync() => Test.DisposeAsync();
    }
}
