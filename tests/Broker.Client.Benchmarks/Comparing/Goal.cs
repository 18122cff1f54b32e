namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What this library is to reach beside others, judged by the medians of one run.</summary>
/// <param name="Text">The figure in words.</param>
/// <param name="Limit">What it is to be at least, or at most.</param>
/// <param name="AtLeast">Which of the two.</param>
/// <param name="Measured">The figure.</param>
internal sealed record Goal(string Text, double Limit, bool AtLeast, double Measured)
{
    public bool IsMet => AtLeast ? Measured >= Limit : Measured <= Limit;

    public override string ToString()
    {
        var (verdict, limit) = (IsMet ? "met" : "not met", AtLeast ? "at least" : "at most");
        return FormattableString.Invariant($"{verdict,-7} {Measured,7:0.00} ({limit} {Limit}) {Text}");
    }
}
