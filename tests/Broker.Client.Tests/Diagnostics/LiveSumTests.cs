namespace Broker.Client.Tests.Diagnostics;

public sealed class LiveSumTests
{
    [Fact]
    public void Those_with_the_same_tag_are_summed_up()
    {
        var sum = new LiveSum<long>("tag");
        using var one = sum.Add("a", () => 1);
        using var two = sum.Add("a", () => 2);
        using var other = sum.Add("b", () => 5);

        Assert.Equal([("a", 3L), ("b", 5L)], Look(sum));
    }

    [Fact]
    public void What_is_gone_is_in_the_sum_no_more()
    {
        var sum = new LiveSum<long>("tag");
        using var stays = sum.Add("a", () => 1);
        sum.Add("a", () => 2).Dispose();

        Assert.Equal([("a", 1L)], Look(sum));
    }

    [Fact]
    public void A_counter_does_not_fall_when_one_is_gone_and_counts_none_twice()
    {
        var sum = new LiveSum<long>("tag");
        using var stays = sum.Add("a", () => 1, keep: true);
        var goes = sum.Add("a", () => 2, keep: true);
        goes.Dispose();
        goes.Dispose();

        Assert.Equal([("a", 3L)], Look(sum));
    }

    private static IEnumerable<(string?, long)> Look(LiveSum<long> sum) =>
        sum.Observe().Select(each => (each.Tags.ToArray().Single(tag => tag.Key == "tag").Value as string, each.Value)).Order();
}
