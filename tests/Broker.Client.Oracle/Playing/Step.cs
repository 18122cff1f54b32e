namespace Broker.Client.Oracle.Playing;

/// <summary>What a step of a program did.</summary>
/// <param name="Lines">What the client saw, and what the queues then held.</param>
/// <param name="Present">The queues that were there.</param>
/// <param name="Gone">The queues that this step ended.</param>
internal sealed record Step(IReadOnlyList<string> Lines, IReadOnlyList<int> Present, IReadOnlyList<int> Gone);

/// <summary>Where the brokers went different ways: what the test broker did, and what the real one did.</summary>
internal sealed record Difference(int Index, IReadOnlyList<string> Test, IReadOnlyList<string> Real)
{
    public IEnumerable<string> OnlyTest => Test.Except(Real);

    public IEnumerable<string> OnlyReal => Real.Except(Test);
}
