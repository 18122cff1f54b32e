namespace Broker.Client.Tests.Support;

/// <summary>Draws the same number always; with 1, every wait is its ceiling.</summary>
internal sealed class Drawing(double always) : Random
{
    public override double NextDouble() => always;
}
