using System.Text;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>A kind of message that no handler gets done.</summary>
/// <param name="Name">Of the kind.</param>
/// <param name="Body">What it looks like.</param>
/// <param name="MostRuns">How often a handler may see each.</param>
/// <param name="Cause">The exception that it is parked with, or the reason where there is none.</param>
/// <param name="HandleAsync">What a handler does that could read it.</param>
internal sealed record Poison(string Name, string Body, int MostRuns, string Cause, Func<CancellationToken, Task> HandleAsync)
{
    /// <summary>That the policy allows.</summary>
    public const int Attempts = 5;

    /// <summary>The largest body that is handed out.</summary>
    public const int MostBytes = 1024;

    /// <summary>How the ids begin.</summary>
    public const string Prefix = "poison";

    public static Poison Throws { get; } =
        new("throws", "1", Attempts, typeof(InvalidOperationException).FullName!, _ => throw new InvalidOperationException("no luck"));

    public static Poison Undecodable { get; } =
        new("undecodable", "{", MostRuns: 1, typeof(UndecodableMessageException).FullName!, static _ => Task.CompletedTask);

    public static Poison TooLarge { get; } =
        new("too large", new string('1', MostBytes + 1), MostRuns: 0, "too-large", static _ => Task.CompletedTask);

    public static Poison Hangs { get; } =
        new("hangs", "1", Attempts, typeof(TimeoutException).FullName!, static token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));

    /// <summary>Only the broker can count its runs: the process that ran them is gone.</summary>
    public static Poison Kills { get; } = new("kills", "1", MostRuns: 15, "delivery-count", static _ => Task.CompletedTask);

    public static bool Is(string? id) => id?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    /// <summary>So many of them, evenly among good ones; the last message is a good one.</summary>
    public IEnumerable<Message> Among(int messages, int poison)
    {
        var every = messages / poison;
        return Enumerable.Range(0, messages).Select(number => number % every == every / 2
            ? new Message(Encoding.UTF8.GetBytes(Body)) { MessageId = $"{Prefix}-{number / every}" }
            : Good(number));
    }

    /// <summary>Good ones only.</summary>
    public static IEnumerable<Message> None(int messages) => Enumerable.Range(0, messages).Select(Good);

    private static Message Good(int number) => new("1"u8.ToArray()) { MessageId = $"good-{number}" };
}
