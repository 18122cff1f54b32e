namespace Broker.Client.IntegrationTests.Promises;

/// <summary>How fast something grows over the cycles of a run: the median of the slopes between every two looks, which a stray one does not sway.</summary>
internal sealed class Slope
{
    private readonly List<(int Cycle, long Value)> _looks = [];

    public double PerCycle
    {
        get
        {
            double[] slopes =
            [
                .. from one in _looks
                   from other in _looks
                   where other.Cycle > one.Cycle
                   let slope = (other.Value - one.Value) / (double)(other.Cycle - one.Cycle)
                   orderby slope
                   select slope,
            ];
            return slopes is [] ? 0 : slopes[slopes.Length / 2];
        }
    }

    public void Add(int cycle, long value) => _looks.Add((cycle, value));
}
