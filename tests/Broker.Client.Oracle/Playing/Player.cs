using Broker.Client.Oracle.Programs;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>
/// Plays a program on a stage. The test broker goes first, and does all of a step before it answers; what it did is what is waited for on the real
/// one, where parts of it happen later. So nothing sleeps where both agree.
/// </summary>
internal sealed class Player(Stage stage)
{
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(4);

    private readonly HashSet<int> _present = [];

    /// <summary>One step on the test broker.</summary>
    public async Task<Step> PredictAsync(Operation operation)
    {
        var answer = await operation.PlayAsync(stage);
        for (var channel = 0; channel < Stage.Seats; channel++) await stage.FollowAsync(channel);
        List<int> present = [.. stage.Known.Keys.Order().Where(slot => stage.Side.Has(stage.Queue(slot)) == true)];
        List<int> gone = [.. _present.Except(present)];
        _present.Clear();
        _present.UnionWith(present);

        var counts = await CountAsync(present);
        List<string> lines = [answer, .. stage.EventLines(), .. counts];
        stage.EndStep();
        return new(lines, present, gone);
    }

    /// <summary>One step on a real broker: null where it did what was expected, else what it did.</summary>
    public async Task<IReadOnlyList<string>?> CompareAsync(Operation operation, Step expected)
    {
        var answer = await operation.PlayAsync(stage);
        if (operation.Behind is { } channel) await stage.FollowAsync(channel);
        var started = TimeProvider.System.GetTimestamp();
        var counted = expected.Lines.Count - expected.Present.Count;
        while (true)
        {
            var next = stage.Pulse.Next;
            List<string> lines = [answer, .. stage.EventLines()];
            var late = TimeProvider.System.GetElapsedTime(started) > s_within;
            if (late || lines.SequenceEqual(expected.Lines.Take(counted)))
            {
                lines.AddRange(await CountAsync(expected.Present));
                foreach (var slot in expected.Gone)
                    if (!await IsGoneAsync(slot)) lines.Add($"q{slot} is there");
                if (lines.SequenceEqual(expected.Lines))
                {
                    stage.EndStep();
                    return null;
                }

                if (late) return lines;
                next = Task.CompletedTask;
            }

            await Task.WhenAny(next, Task.Delay(s_within, TimeProvider.System));
            if (next.IsCompleted) await Task.Delay(s_nap, TimeProvider.System);
        }
    }

    /// <summary>After the last step nothing may come any more.</summary>
    public async Task<IReadOnlyList<string>?> EndAsync()
    {
        for (var channel = 0; channel < Stage.Seats; channel++) await stage.FollowAsync(channel);
        List<string> lines = [.. stage.EventLines()];
        return lines.Count == 0 ? null : lines;
    }

    /// <summary>Takes everything away that the program made.</summary>
    public async Task ClearAsync()
    {
        foreach (var seat in stage.All)
            if (seat.IsOpen) await seat.Channel!.CallAsync(new ChannelClose(200, "bye", 0, 0));
        foreach (var (slot, owner) in stage.Known)
            await (await stage.ControlAsync(owner ?? 0)).CallAsync(new QueueDelete(stage.Queue(slot), false, false, NoWait: false));
        var control = await stage.ControlAsync(0);
        for (var slot = 0; slot < Generator.Exchanges; slot++)
            await control.CallAsync(new ExchangeDelete(stage.Exchange(slot), IfUnused: false, NoWait: false));
    }

    private async Task<IReadOnlyList<string>> CountAsync(IReadOnlyList<int> slots)
    {
        var lines = new string[slots.Count];
        foreach (var group in slots.Index().GroupBy(pair => stage.Known.GetValueOrDefault(pair.Item) ?? 0))
        {
            var control = await stage.ControlAsync(group.Key);
            var answers = await control.CallAllAsync([.. group.Select(pair => Passive(pair.Item))]);
            foreach (var ((index, slot), answer) in group.Zip(answers))
            {
                lines[index] = answer.Method is QueueDeclareOk ok
                    ? stage.Streams.Contains(ok.Queue) ? $"q{slot}: a stream" : $"q{slot}: {ok.MessageCount} messages, {ok.ConsumerCount} consumers"
                    : $"q{slot}: {stage.Reason(answer)}";
            }
        }

        return lines;
    }

    private async Task<bool> IsGoneAsync(int slot)
    {
        var channel = await stage.ScratchAsync(0);
        var answer = await channel.CallAsync(Passive(slot));
        if (channel.IsOpen) await channel.CallAsync(new ChannelClose(200, "bye", 0, 0));
        return answer.Method is ChannelClose { ReplyCode: 404 };
    }

    private QueueDeclare Passive(int slot) => new(stage.Queue(slot), Passive: true, Durable: false, Exclusive: false, AutoDelete: false,
        NoWait: false, Arguments: null);
}
