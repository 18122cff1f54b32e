using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Testing.Tests.Server;

public sealed class TimeTests : BrokerTest
{
    private readonly FakeTimeProvider _clock = new();

    protected override TestBrokerOptions Options => new()
    {
        TimeProvider = _clock, Profile = BrokerProfile.V4_0, UserName = "a b", Password = "p@ss",
        VirtualHosts = ["/", "x"],
    };

    [Fact]
    public async Task A_message_expires_by_the_clock_given()
    {
        await QueueAsync("dead");
        await QueueAsync("q", ("x-message-ttl", 60_000), ("x-dead-letter-exchange", ""),
            ("x-dead-letter-routing-key", "dead"));
        await SendAsync("q", "1");
        Assert.Equal(1, Broker.Queue("q").MessageCount);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Broker.Queue("q").WaitUntilEmptyAsync(Soon);
        var got = (await Channel.BasicGetAsync("dead", autoAck: true))!;
        var death = (IDictionary<string, object?>)((List<object?>)got.BasicProperties.Headers!["x-death"]!)[0]!;
        Assert.Equal("expired", Text((byte[])death["reason"]!));
    }

    [Fact]
    public async Task Virtual_hosts_do_not_share_queues()
    {
        await QueueAsync();
        var other = await ConnectAsync(static f => f.VirtualHost = "x");
        await using var channel = await other.CreateChannelAsync();
        var reason = await ClosesAsync(channel, () => channel.QueueDeclarePassiveAsync("q"));
        Assert.Equal("404 NOT_FOUND - no queue 'q' in vhost 'x'", $"{reason.ReplyCode} {reason.ReplyText}");
        Assert.True(Broker.Queue("q").Exists);
        Assert.False(Broker.Queue("q", "x").Exists);
    }

    [Fact]
    public async Task Waiting_in_vain_says_what_is_left()
    {
        await QueueAsync();
        await SendAsync("q", "1", "2");
        var error = await Assert.ThrowsAsync<TimeoutException>(
            () => Broker.Queue("q").WaitUntilEmptyAsync(TimeSpan.FromMilliseconds(20)));
        Assert.Contains("queue 'q' (classic): 2 ready, 0 unacked, 0 consumers", error.Message,
            StringComparison.Ordinal);
    }
}
