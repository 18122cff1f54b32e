namespace Broker.Client.Benchmarks.Comparing;

/// <summary>What a comparison has to choose from.</summary>
/// <param name="Contenders">In the order of their turns; the first is this library.</param>
/// <param name="Works">Every one that there is.</param>
/// <param name="Servers">The broker, and the bare server.</param>
/// <param name="Short">What <c>--short</c> stands for.</param>
internal sealed record Choices(
    IReadOnlyList<string> Contenders, IReadOnlyList<string> Works, IReadOnlyList<string> Servers, RunOptions Short);
