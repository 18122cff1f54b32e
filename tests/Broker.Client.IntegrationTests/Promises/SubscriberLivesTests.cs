namespace Broker.Client.IntegrationTests.Promises;

/// <summary>Whether the check of E1 finds what contradicts it.</summary>
public sealed class SubscriberLivesTests
{
    // Offsets have gaps: a broker has some for itself.
    private static readonly StreamEvent[] s_events = [new(0, "a"), new(1, "b"), new(4, "c"), new(5, "d"), new(6, "end")];

    [Fact]
    public void Lives_that_go_on_where_the_position_was_stored_hold()
    {
        var found = Check(
            "from -1|handled 0 a|handled 1 b|storing 2|stored 2|handled 4 c",
            "from 2|handled 4 c|handled 5 d|storing 6",
            "from 6|handled 6 end|storing 7|stored 7");

        Assert.Empty(found.Breaches);
        Assert.Equal((6, 1, 2), (found.Handled, found.Again, found.Stores));
    }

    [Fact]
    public void A_write_that_was_broken_off_may_have_happened_or_not()
    {
        Assert.Empty(Check("from -1|handled 0 a|storing 1", "from 1|handled 1 b|handled 4 c|handled 5 d|handled 6 end").Breaches);
        Assert.Empty(Check("from -1|handled 0 a|storing 1", "from -1|handled 0 a|handled 1 b|handled 4 c|handled 5 d|handled 6 end").Breaches);
    }

    [Theory]
    [InlineData("is not handled", "from -1|handled 0 a|handled 1 b|storing 5|stored 5|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("was next", "from -1|handled 0 a|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("was next", "from -1|handled 0 a|handled 1 b|handled 1 b|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("was next", "from -1|handled 1 b|handled 0 a|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("was stored", "from -1|handled 0 a|handled 1 b|storing 2|stored 2", "from -1|handled 0 a|handled 1 b|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("was stored", "from -1|handled 0 a|storing 1|stored 1", "from 4|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("which is not there", "from -1|handled 0 b|handled 1 b|handled 4 c|handled 5 d|handled 6 end")]
    [InlineData("has handled nothing from 6 on", "from -1|handled 0 a|handled 1 b|handled 4 c|handled 5 d")]
    public void What_contradicts_it_is_found(string expected, params string[] lives)
    {
        Assert.Contains(Check(lives).Breaches, breach => breach.Contains(expected, StringComparison.Ordinal));
    }

    private static SubscriberResult Check(params string[] lives) =>
        SubscriberLives.Check("a", s_events, start: 0, [.. lives.Select(life => SubscriberLine.Read($"{life.Replace('|', '\n')}\nbroken o"))]);
}
