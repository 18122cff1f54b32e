using Broker.Client.Oracle.Programs;

namespace Broker.Client.Oracle.Judging;

/// <summary>Takes steps out of a program as long as it still differs: what is left is what the difference needs.</summary>
internal static class Shrinker
{
    public static async Task<IReadOnlyList<Operation>> ShrinkAsync(IReadOnlyList<Operation> program, Func<IReadOnlyList<Operation>, Task<bool>> differs)
    {
        for (var size = program.Count / 2; size > 0; size /= 2)
        {
            for (var at = program.Count - size; at >= 0; at -= size)
            {
                if (at + size > program.Count) continue;
                List<Operation> smaller = [.. program.Take(at), .. program.Skip(at + size)];
                if (await differs(smaller)) program = smaller;
            }
        }

        return program;
    }
}
