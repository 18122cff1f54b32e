using System.Globalization;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One run of a handler, as the ledger of its process tells.</summary>
/// <param name="Life">Which process.</param>
/// <param name="Queue">The queue that the message came from.</param>
/// <param name="Id">The message's id.</param>
/// <param name="Tag">The delivery tag.</param>
/// <param name="Epoch">Which channel of the process it came on; null where the process could not tell.</param>
/// <param name="Redelivered">The flag of the delivery.</param>
/// <param name="BeganAt">When it began, on the machine's clock.</param>
/// <param name="EndedAt">When it ended; null where the process was killed before.</param>
internal sealed record HandlerRun(int Life, string Queue, string Id, ulong Tag, long? Epoch, bool Redelivered, long BeganAt, long? EndedAt)
{
    /// <summary>The runs that a ledger holds. A line that was broken off was never on the disk, so its handler has not gone on.</summary>
    public static IReadOnlyList<HandlerRun> Read(int life, string ledger)
    {
        var runs = new Dictionary<string, HandlerRun>();
        foreach (var line in ledger.Split('\n').SkipLast(1))
        {
            if (line.Split(' ') is not [var what, var run, var queue, var id, var tag, var epoch, var redelivered, var at])
                throw new FormatException($"A ledger has the line '{line}'.");
            if (what == "begin")
                runs.Add(run, new(life, queue, id, ulong.Parse(tag, null), epoch == "-" ? null : Number(epoch), bool.Parse(redelivered), Number(at), null));
            else
                runs[run] = runs[run] with { EndedAt = Number(at) };
        }

        return [.. runs.Values];
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
