using LiveTrends.Feed;
using LiveTrends.Trends;

namespace Broker.Client.LiveTrends.Tests;

/// <summary>How the board counts.</summary>
public sealed class TrendWindowTests
{
    private static readonly DateTimeOffset s_start = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private readonly TrendWindow _window = new();
    private int _id;

    [Fact]
    public void Topics_are_ranked_by_how_often_they_were_written_about()
    {
        Write(0, "jazz", "chess");
        Write(1, "jazz");

        Assert.Equal([("jazz", 2), ("chess", 1)], _window.Top(10).Select(trend => (trend.Topic, trend.Count)));
        Assert.Single(_window.Top(1));
    }

    [Fact]
    public void What_is_older_than_the_window_counts_no_more()
    {
        Write(0, "jazz");
        Write(200, "chess");
        Write(301, "comets");

        Assert.Equal(["chess", "comets"], _window.Top(10).Select(trend => trend.Topic).Order());
        Write(1, "jazz"); // too late to count
        Assert.Equal(3, _window.Posts);
    }

    [Fact]
    public void A_post_that_comes_twice_counts_once()
    {
        _window.Add("same", ["jazz"], s_start);
        _window.Add("same", ["jazz"], s_start);

        Assert.Equal(1, Assert.Single(_window.Top(10)).Count);
    }

    [Fact]
    public void A_line_shows_when_it_was_written_about_and_whether_it_rises()
    {
        Write(0, "chess");
        Write(5, "jazz");
        Write(9, "jazz");
        Write(10, "comets");

        var jazz = _window.Top(10)[0];
        Assert.Equal(("jazz", 2, 0), (jazz.Topic, jazz.Count, jazz.Rise));
        Assert.Equal([0, 2, 0], jazz.Spark.TakeLast(3));
        Assert.Equal([1, 0, 0], _window.Top(10).Single(trend => trend.Topic == "chess").Spark.TakeLast(3));
        Assert.Null(_window.Top(10).Single(trend => trend.Topic == "comets").Rise);
    }

    [Fact]
    public void Topics_are_the_words_with_a_hash() =>
        Assert.Equal(["jazz", "chess"], new Post("1", "More #Jazz, less #chess! # #jazz", s_start).Topics());

    private void Write(int second, params string[] topics) => _window.Add($"{++_id}", topics.Distinct(), s_start.AddSeconds(second));
}
