namespace Broker.Client.Tests.Regressions;

public sealed class FailurePolicyEdgeTests
{
    [Fact]
    public void Delays_beyond_all_measure_are_refused_by_name()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FailurePolicy.Retry(attempts: 5, TimeSpan.MaxValue));
    }

    [Fact]
    public void A_parking_queue_has_a_name()
    {
        Assert.ThrowsAny<ArgumentException>(() => FailurePolicy.Park(""));
        Assert.ThrowsAny<ArgumentException>(() => FailurePolicy.Default.ThenPark(""));
    }
}
