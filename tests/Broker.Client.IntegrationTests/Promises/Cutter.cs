using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Cuts the connections through a proxy, one after the other, each after a random number of bytes: half of them by a reset, three in ten by a
/// FIN, two in ten so that nobody is told.</summary>
internal sealed class Cutter(FaultProxy proxy, Random random)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private volatile State _state = new(0, null);

    /// <summary>How many have bitten. One counts before it takes effect.</summary>
    public int Bitten => _state.Before + (_state.Armed?.Bites.Count ?? 0);

    /// <param name="cuts">How many.</param>
    /// <param name="bytes">How many bytes a producer's connection sends, at the most, between two of them.</param>
    public async Task CutAsync(int cuts, int bytes)
    {
        foreach (var shape in Shapes(cuts))
        {
            // A broker answers many messages with one confirm.
            var (line, most) = random.Next(2) == 0 ? (proxy.ToBroker, bytes) : (proxy.ToClient, bytes / 100);
            var armed = Arm(line, shape, random.Next(most));
            _state = new State(_state.Before, armed);
            try
            {
                await armed.WaitForBiteAsync(timeout: s_patience);
            }
            catch (TimeoutException)
            {
                return; // nothing passes any more, which makes the run void
            }

            _state = new State(_state.Before + 1, null);
        }
    }

    private Shape[] Shapes(int cuts)
    {
        Shape[] ten = [Shape.Reset, Shape.Close, Shape.Reset, Shape.HalfOpen, Shape.Reset, Shape.Close, Shape.Reset, Shape.HalfOpen, Shape.Reset, Shape.Close];
        Shape[] shapes = [.. Enumerable.Range(0, cuts).Select(cut => ten[cut % ten.Length])];
        random.Shuffle(shapes);
        return shapes;
    }

    private static ArmedFault Arm(FaultLine line, Shape shape, long after) => shape switch
    {
        Shape.Reset => line.CutAfter(after, CutKind.Reset),
        Shape.Close => line.CutAfter(after, CutKind.Close),
        _ => line.SwallowAfter(after),
    };

    private enum Shape
    {
        Reset,
        Close,
        HalfOpen,
    }

    private sealed record State(int Before, ArmedFault? Armed);
}
