using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One run of a promise's test, from its begin to its line in the log.</summary>
/// <param name="promise">Which promise, for instance P2.</param>
/// <param name="broker">On which broker.</param>
internal sealed class PromiseRun(string promise, BrokerUnderTest broker)
{
    private readonly long _began = TimeProvider.System.GetTimestamp();

    /// <summary>Reports, and fails the test unless every fault was seen to bite and the promise held.</summary>
    /// <param name="faults">How many faults there should have been.</param>
    /// <param name="bitten">How many there were: with fewer, the run proves nothing.</param>
    /// <param name="breaches">What contradicts the promise, in words.</param>
    /// <param name="figures">What else was seen.</param>
    public void Conclude(int faults, int bitten, IReadOnlyList<string> breaches, object figures)
    {
        var result = breaches.Count > 0 ? "broken" : bitten < faults ? "void" : "held";
        Promise.Report(new
        {
            promise,
            result,
            Promise.Tier,
            Promise.Seed,
            broker = $"{broker.GetType().Name} {broker.Version}",
            seconds = Math.Round(TimeProvider.System.GetElapsedTime(_began).TotalSeconds, 1),
            faults,
            bitten,
            breaches,
            figures,
        });
        Assert.True(breaches.Count == 0, $"{promise} is broken: {string.Join(", ", breaches)} (PROMISE_SEED={Promise.Seed}).");
        Assert.True(bitten >= faults, $"{promise} was not tested: of {faults} faults {bitten} bit (PROMISE_SEED={Promise.Seed}).");
    }
}
