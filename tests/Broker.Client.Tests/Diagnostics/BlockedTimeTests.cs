using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Diagnostics;

public sealed class BlockedTimeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void It_grows_while_the_broker_takes_nothing_and_at_no_other_time()
    {
        var blocked = new BlockedTime(_time);

        _time.Advance(TimeSpan.FromSeconds(1));
        blocked.Set(true);
        _time.Advance(TimeSpan.FromSeconds(2));
        blocked.Set(true); // told twice
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(4, blocked.Seconds);
        blocked.Set(false);
        _time.Advance(TimeSpan.FromSeconds(8));
        blocked.Set(true);
        _time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal(20, blocked.Seconds);
    }
}
