using Broker.Client.Tests.Support;

namespace Broker.Client.Tests;

public sealed class CheckTests
{
    [Theory]
    [InlineData("n", 255)]
    [InlineData("é", 127)]
    [InlineData("€", 85)]
    [InlineData("😀", 63)]
    public void A_short_string_holds_255_bytes_and_no_more(string character, int fits)
    {
        Check.ShortString(string.Concat(Enumerable.Repeat(character, fits)));

        Assert.Throws<ArgumentException>(() => Check.ShortString(string.Concat(Enumerable.Repeat(character, fits + 1))));
    }

    [Fact]
    public void An_error_names_the_argument_of_the_caller()
    {
        var queue = Samples.Name(300);

        var tooLong = Assert.Throws<ArgumentException>(() => Check.ShortString(queue));
        var missing = Assert.Throws<ArgumentNullException>(() => Check.NotEmpty(null!, "exchange"));

        Assert.Equal("queue", tooLong.ParamName);
        Assert.StartsWith("queue is 300 bytes long in UTF-8; AMQP 0-9-1 allows 255.", tooLong.Message, StringComparison.Ordinal);
        Assert.Equal("exchange", missing.ParamName);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(4_294_967_294, true)]
    [InlineData(4_294_967_295, false)]
    [InlineData(-1, false)]
    public void A_delay_is_what_a_timer_can_wait(long milliseconds, bool isAllowed)
    {
        var error = Record.Exception(() => Check.Positive(TimeSpan.FromMilliseconds(milliseconds), "Delay"));

        Assert.Equal(isAllowed, error is null);
        Assert.True(isAllowed || error is ArgumentOutOfRangeException);
    }

    [Fact]
    public void A_range_has_both_its_ends()
    {
        Check.Range(1, 1, 3, "Count");
        Check.Range(3, 1, 3, "Count");

        Assert.Throws<ArgumentOutOfRangeException>(() => Check.Range(0, 1, 3, "Count"));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Check.Range(4, 1, 3, "Count"));
        Assert.StartsWith("Count must be from 1 to 3.", error.Message, StringComparison.Ordinal);
    }
}
