namespace Broker.Client.Tests.Consuming;

public sealed class FailurePolicyTests
{
    [Fact]
    public void The_default_tries_five_times_within_eight_seconds_and_parks()
    {
        var policy = FailurePolicy.Default;

        Assert.Equal((5, FailureAction.Park, null), (policy.Attempts, policy.Then, policy.ParkingQueue));
        Assert.Equal([0.5, 1, 2, 4], Delays(policy));
        Assert.Equal(FailurePolicy.Retry(attempts: 5).ThenPark(), policy);
        Assert.Equal(policy, new ConsumerOptions().FailurePolicy);
    }

    [Fact]
    public void Delays_double_up_to_their_cap()
    {
        var policy = FailurePolicy.Retry(attempts: 6, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));

        Assert.Equal([1, 2, 3, 3, 3], Delays(policy));
    }

    [Fact]
    public void Without_a_cap_they_end_at_ten_seconds_or_at_the_first_where_that_is_longer()
    {
        Assert.Equal([3, 6, 10, 10], Delays(FailurePolicy.Retry(attempts: 5, TimeSpan.FromSeconds(3))));
        Assert.Equal([20, 20], Delays(FailurePolicy.Retry(attempts: 3, TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public void Attempts_may_follow_each_other_at_once()
    {
        Assert.All(Delays(FailurePolicy.Retry(attempts: 100, TimeSpan.Zero)), delay => Assert.Equal(0, delay));
    }

    [Fact]
    public void In_a_lane_all_waits_together_are_a_minute_at_the_most()
    {
        static ConsumerOptions With(FailurePolicy policy) => new ConsumerOptions { FailurePolicy = policy }.Freeze();
        With(FailurePolicy.Retry(attempts: 4, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20)));
        var longer = FailurePolicy.Retry(attempts: 4, TimeSpan.FromSeconds(20.1), TimeSpan.FromSeconds(20.1));

        var error = Assert.Throws<ArgumentException>(() => With(longer));

        Assert.Contains("waits 60 s in all for 4 attempts", error.Message, StringComparison.Ordinal);
        Assert.Contains("ThroughBroker()", error.Message, StringComparison.Ordinal);
        With(longer.ThroughBroker());
    }

    [Fact]
    public void Through_the_broker_a_wait_is_a_second_at_least_and_each_is_asked_for_once()
    {
        Assert.Equal([1, 2, 4, 8], Delays(FailurePolicy.Retry(maxDelay: TimeSpan.FromHours(1)).ThroughBroker()));
        Assert.Equal([1, 1], Delays(FailurePolicy.Retry(3, TimeSpan.Zero, TimeSpan.Zero).ThroughBroker()));
        var policy = FailurePolicy.Retry(attempts: 100, TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)).ThroughBroker();
        Assert.Equal(12, policy.Delays.Count);
        Assert.Equal(TimeSpan.FromHours(24), policy.Delays[^1]);
        Assert.True(policy.Delays.Count <= RetryQueues.MostDelays);
        Assert.Empty(FailurePolicy.Retry().Delays);
        Assert.Throws<InvalidOperationException>(() => FailurePolicy.Park().ThroughBroker());
    }

    [Fact]
    public void What_is_named_and_what_cannot_be_decoded_is_not_tried_again()
    {
        var policy = FailurePolicy.Retry().Except<ArgumentException>().Except<FormatException>().ThenDiscard();

        Assert.True(policy.IsFinal(new ArgumentNullException("derived")));
        Assert.True(policy.IsFinal(new FormatException()));
        Assert.False(policy.IsFinal(new InvalidOperationException()));
        Assert.True(FailurePolicy.Default.IsFinal(Assert.Throws<UndecodableMessageException>(() => Support.Deliveries.New(body: [0xff]).GetText())));
        Assert.False(FailurePolicy.Default.IsFinal(new ArgumentException("mine")));
        Assert.Equal(FailurePolicy.Default, FailurePolicy.Retry());
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(101, 0, 0)]
    [InlineData(2, -1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 86401, 86401)]
    [InlineData(2, 1, 86401)]
    public void A_retry_that_cannot_work_is_refused(int attempts, double delay, double maxDelay)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FailurePolicy.Retry(attempts, TimeSpan.FromSeconds(delay), TimeSpan.FromSeconds(maxDelay)));
    }

    [Fact]
    public void The_end_of_a_retry_can_be_chosen_and_leaves_the_rest()
    {
        var retry = FailurePolicy.Retry(attempts: 3, TimeSpan.FromSeconds(1)).ThenPark("aside");
        Assert.Equal((FailureAction.Park, "aside"), (retry.Then, retry.ParkingQueue));

        (FailurePolicy Policy, FailureAction Expected)[] ends =
        [
            (retry.ThenPark(), FailureAction.Park),
            (retry.ThenDeadLetter(), FailureAction.DeadLetter),
            (retry.ThenRequeue(), FailureAction.Requeue),
            (retry.ThenDiscard(), FailureAction.Discard),
            (retry.ThenStop(), FailureAction.Stop),
        ];

        Assert.All(ends, end =>
        {
            Assert.Equal((end.Expected, 3, null), (end.Policy.Then, end.Policy.Attempts, end.Policy.ParkingQueue));
            Assert.Equal([1, 2], Delays(end.Policy));
        });
    }

    [Fact]
    public void Without_a_retry_the_first_failure_is_the_last()
    {
        (FailurePolicy Policy, FailureAction Expected)[] policies =
        [
            (FailurePolicy.Park(), FailureAction.Park),
            (FailurePolicy.DeadLetter, FailureAction.DeadLetter),
            (FailurePolicy.Requeue, FailureAction.Requeue),
            (FailurePolicy.Discard, FailureAction.Discard),
            (FailurePolicy.Stop, FailureAction.Stop),
        ];

        Assert.All(policies, each => Assert.Equal((each.Expected, 1), (each.Policy.Then, each.Policy.Attempts)));
    }

    [Fact]
    public void Parked_is_in_the_queue_that_was_named_or_beside_the_own()
    {
        Assert.Equal("orders.failed", Parking.QueueFor("orders", FailurePolicy.Default));
        Assert.Equal("aside", Parking.QueueFor("orders", FailurePolicy.Park("aside")));
        Assert.Throws<ArgumentException>(() => FailurePolicy.Park(new string('q', 256)));
        Assert.Throws<ArgumentException>(() => FailurePolicy.Default.ThenPark(new string('q', 256)));
    }

    private static IEnumerable<double> Delays(FailurePolicy policy) =>
        Enumerable.Range(1, policy.Attempts - 1).Select(failed => policy.DelayAfter(failed).TotalSeconds);
}
