using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Connection;

public sealed class BackoffTests
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_max = TimeSpan.FromSeconds(4);

    [Fact]
    public void The_first_attempt_is_made_at_once()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(0.999));

        Assert.Equal(TimeSpan.Zero, backoff.Next());
    }

    [Fact]
    public void The_ceiling_doubles_from_the_first_delay_up_to_the_maximum()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(1));

        var waits = Enumerable.Range(0, 9).Select(_ => backoff.Next().TotalMilliseconds);

        Assert.Equal([0, 100, 200, 400, 800, 1600, 3200, 4000, 4000], waits);
    }

    [Fact]
    public void The_jitter_is_full_and_so_begins_at_zero()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(0));
        _ = backoff.Next();

        Assert.Equal(TimeSpan.Zero, backoff.Next());
    }

    [Fact]
    public void A_wait_is_the_drawn_part_of_its_ceiling()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(0.25));
        _ = backoff.Next();
        _ = backoff.Next();

        Assert.Equal(TimeSpan.FromMilliseconds(50), backoff.Next());
    }

    [Fact]
    public void A_reset_begins_anew_and_at_once()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(1));
        for (var failure = 0; failure < 5; failure++)
            _ = backoff.Next();

        backoff.Reset();

        Assert.Equal([TimeSpan.Zero, s_first], [backoff.Next(), backoff.Next()]);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(0.5, 3)]
    [InlineData(1, 4)]
    public void A_slow_wait_is_drawn_from_the_upper_half_of_the_maximum(double drawn, double seconds)
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(drawn));

        Assert.Equal(TimeSpan.FromSeconds(seconds), backoff.Slow());
    }

    [Fact]
    public void After_a_slow_wait_the_next_one_is_not_at_once()
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(1));

        _ = backoff.Slow();

        Assert.Equal(s_first, backoff.Next());
    }

    [Fact]
    public void Failures_without_end_stay_at_the_maximum()
    {
        var backoff = new Backoff(TimeSpan.FromTicks(1), TimeSpan.FromDays(49), new Drawing(1));

        var waits = Enumerable.Range(0, 10_000).Select(_ => backoff.Next()).ToArray();

        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromDays(49)));
        Assert.Equal(waits.Max(), waits[^1]);
    }
}
