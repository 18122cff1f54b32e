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

    [Theory]
    [InlineData(0, 150)]
    [InlineData(0.5, 175)]
    [InlineData(1, 200)]
    public void A_wait_is_drawn_from_the_upper_quarter_below_its_ceiling(double drawn, double milliseconds)
    {
        var backoff = new Backoff(s_first, s_max, new Drawing(drawn));
        _ = backoff.Next();
        _ = backoff.Next();

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), backoff.Next());
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
    [InlineData(0, 12)]
    [InlineData(0.5, 14)]
    [InlineData(1, 16)]
    public void A_slow_wait_is_four_times_the_longest(double drawn, double seconds)
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

    [Fact]
    public void Whatever_is_drawn_a_minute_has_at_most_twelve_attempts_by_default()
    {
        var backoff = Backoff.OfConnections(new BrokerOptions(), new Drawing(0));

        var (attempts, time) = (0, TimeSpan.Zero);
        while ((time += backoff.Next()) < TimeSpan.FromMinutes(1))
            attempts++;

        Assert.Equal(12, attempts);
    }

    [Fact]
    public void Whatever_is_drawn_a_refusal_is_tried_again_at_most_once_in_a_minute_by_default()
    {
        var backoff = Backoff.OfConnections(new BrokerOptions(), new Drawing(0));

        Assert.True(backoff.Slow() + backoff.Slow() > TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(4.1, true)]
    public void What_held_for_longer_than_four_seconds_starts_anew(double seconds, bool anew)
    {
        var backoff = Backoff.OfConnections(new BrokerOptions(), new Drawing(1));
        _ = backoff.Next();

        backoff.NoteHeld(TimeSpan.FromSeconds(seconds));

        Assert.Equal(anew, backoff.Next() == TimeSpan.Zero);
    }

    [Fact]
    public void What_stood_for_a_moment_is_waited_for_no_longer_than_four_seconds()
    {
        var backoff = Backoff.OfConnections(new BrokerOptions(), new Drawing(1));
        for (var failure = 0; failure < 20; failure++)
            _ = backoff.Next();

        backoff.NoteHeld(TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(3.2), backoff.Next());
    }

    [Fact]
    public void A_channel_is_waited_for_no_longer_than_four_seconds()
    {
        var options = new BrokerOptions { ReconnectDelay = TimeSpan.FromSeconds(5) };
        var backoff = Backoff.OfChannels(options, new Drawing(1));
        _ = backoff.Next();

        Assert.Equal(TimeSpan.FromSeconds(4), backoff.Next());
    }
}
