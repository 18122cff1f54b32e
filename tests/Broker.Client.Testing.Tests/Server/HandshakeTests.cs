namespace Broker.Client.Testing.Tests.Server;

/// <summary>From the protocol header to open-ok, on the newest profile.</summary>
public class HandshakeTests : RawTest
{
    protected virtual string Mechanisms => "AMQPLAIN PLAIN";

    protected virtual uint SmallestFrameMax => 8192;

    [Fact]
    public void Without_tls_external_is_not_offered() => Assert.Equal(Mechanisms, Start.Mechanisms);

    [Theory]
    [InlineData("EXTERNAL")]
    [InlineData("FOO")]
    public async Task A_mechanism_that_was_not_offered_ends_the_connection_without_a_word(string mechanism)
    {
        await SendAsync(new ConnectionStartOk(null, mechanism, "guest"u8.ToArray(), "en_US"));
        Assert.Null(await NextAsync());
    }

    [Fact]
    public async Task Amqplain_logs_in()
    {
        var table = new AmqpWriter().Table(
            new Dictionary<string, object?> { ["LOGIN"] = "guest", ["PASSWORD"] = "guest" });
        await SendAsync(new ConnectionStartOk(null, "AMQPLAIN", table.ToArray()[4..], "en_US"));
        await ExpectAsync<ConnectionTune>();
    }

    [Fact]
    public async Task Who_did_not_announce_it_sees_no_close_at_a_bad_login()
    {
        await SendAsync(new ConnectionStartOk(null, "PLAIN", "\0guest\0no"u8.ToArray(), "en_US"));
        Assert.Null(await NextAsync());
    }

    [Theory]
    [InlineData(0u, 10)]
    [InlineData(100u, 10)]
    [InlineData(131_073u, 10)]
    [InlineData(131_072u, 0)]
    [InlineData(131_072u, 2048)]
    public async Task A_tuning_out_of_bounds_ends_the_connection_without_a_word(uint frameMax, ushort channelMax)
    {
        await LogInAsync();
        await SendAsync(new ConnectionTuneOk(channelMax, frameMax, 0));
        Assert.Null(await NextAsync());
    }

    [Fact]
    public async Task The_smallest_frame_max_is_the_generations_own()
    {
        await OpenAsync(frameMax: SmallestFrameMax);
        await ReconnectAsync();
        await LogInAsync();
        await SendAsync(new ConnectionTuneOk(10, SmallestFrameMax - 1, 0));
        Assert.Null(await NextAsync());
    }

    [Fact]
    public async Task Channels_are_counted_against_the_limit_whatever_their_numbers()
    {
        await OpenAsync(channelMax: 2);
        await SendAsync(new ChannelOpen(), channel: 40_000);
        await ExpectAsync<ChannelOpenOk>();
        await SendAsync(new ChannelOpen(), channel: 2);
        await ExpectCloseAsync(530,
            "NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)");
    }
}

public sealed class Handshake40Tests : HandshakeTests
{
    protected override TestBrokerOptions Options { get; } = new() { Profile = BrokerProfile.V4_0 };

    protected override uint SmallestFrameMax => 4096;
}

public sealed class Handshake310Tests : HandshakeTests
{
    protected override TestBrokerOptions Options { get; } = new() { Profile = BrokerProfile.V3_10 };

    protected override string Mechanisms => "PLAIN AMQPLAIN";

    protected override uint SmallestFrameMax => 4096;
}
