namespace Broker.Client.Testing;

/// <summary>Which of the things that fit a fault acts on: all of them, every n-th, or one.</summary>
internal readonly record struct Turn(long First, long Step)
{
    public static Turn Every(long n) => new(AtLeast1(n), n);

    public static Turn Only(long n) => new(AtLeast1(n), 0);

    public bool Takes(long count) => count == First || (Step > 0 && count > First && (count - First) % Step == 0);

    /// <summary>For the end of a fault's name.</summary>
    public override string ToString() =>
        (First, Step) switch { (1, 1) => "", (_, 0) => $" number {First}", _ => $" every {Step}" };

    private static long AtLeast1(long n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return n;
    }
}
