using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Connection;

public sealed class SilenceWatchTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<TimeSpan> _silences = [];
    private long _lastRead;

    [Fact]
    public void Two_heartbeats_without_a_byte_are_too_long()
    {
        using var watch = Watch(TimeSpan.FromSeconds(10));

        Pass(19);
        Assert.Empty(_silences);
        Pass(1);
        Assert.Equal([TimeSpan.FromSeconds(20)], _silences);
        Pass(60);
        Assert.Single(_silences); // said once
    }

    [Fact]
    public void Every_byte_starts_the_wait_again()
    {
        using var watch = Watch(TimeSpan.FromSeconds(10));

        for (var i = 0; i < 10; i++)
        {
            Pass(15);
            _lastRead++;
        }

        Assert.Empty(_silences);
        Pass(21);
        Assert.Single(_silences);
    }

    [Fact]
    public void Short_heartbeats_are_looked_at_in_quarters()
    {
        using var watch = Watch(TimeSpan.FromSeconds(1));

        Pass(2);

        Assert.Equal([TimeSpan.FromSeconds(2)], _silences);
    }

    [Fact]
    public void Without_heartbeats_silence_means_nothing()
    {
        using var watch = Watch(TimeSpan.Zero);

        Pass(3600);

        Assert.Empty(_silences);
    }

    [Fact]
    public void A_watch_that_is_disposed_says_nothing()
    {
        Watch(TimeSpan.FromSeconds(10)).Dispose();

        Pass(60);

        Assert.Empty(_silences);
    }

    private SilenceWatch Watch(TimeSpan heartbeat) => new(heartbeat, () => _lastRead, _silences.Add, _clock);

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds * 4; i++)
            _clock.Advance(TimeSpan.FromMilliseconds(250));
    }
}
