namespace Broker.Client.Testing.Tests.Core;

public sealed class StreamTests
{
    private readonly Host _host = new();

    [Theory]
    [InlineData("first", "0 1 2")]
    [InlineData("last", "2")]
    [InlineData("next", "")]
    [InlineData(1, "1 2")]
    [InlineData("1h", "1 2")]
    public void A_reader_begins_where_it_says(object offset, string expected)
    {
        Declare();
        _host.Send("s", "0");
        _host.Clock.Advance(TimeSpan.FromHours(2));
        _host.Send("s", "1", "2");

        Assert.Equal(expected, Read(offset).Bodies);
    }

    [Fact]
    public void Settling_takes_nothing_and_gives_credit()
    {
        Declare();
        _host.Send("s", "0", "1");
        var reader = Read("first", prefetch: 1);

        _host.Channel.Ack(1, multiple: false);

        Assert.Equal("0 1", reader.Bodies);
        Assert.Equal([0L, 1L], reader.Deliveries.Select(delivery => delivery.Properties.Headers!["x-stream-offset"]));
        Assert.Equal("0 1", Read("first").Bodies);
    }

    [Fact]
    public void Get_purge_and_readers_without_a_limit_are_refused()
    {
        Declare();

        Assert.Equal(540, Assert.Throws<BrokerError>(() => _host.Get("s")).Code);
        Assert.Equal(540, Assert.Throws<BrokerError>(() => _host.Virtual.PurgeQueue("s", _host.Connection)).Code);
        Host.Fails(406, "PRECONDITION_FAILED - consumer prefetch count is not set for stream queue 's' in vhost '/'",
            () => Read("first", prefetch: 0));
    }

    [Fact]
    public void What_is_too_old_goes_in_whole_segments_and_the_last_one_stays()
    {
        Declare(("x-max-age", "1h"), ("x-stream-max-segment-size-bytes", 130));
        _host.Send("s", "0", "1", "2");
        _host.Clock.Advance(TimeSpan.FromHours(2));
        _host.Send("s", "3");

        Assert.Equal("2 3", Read("first").Bodies);
    }

    [Fact]
    public void A_filter_takes_what_has_its_value_and_what_has_none_only_when_told_to()
    {
        Declare();
        foreach (var value in new[] { "a", "b", null })
        {
            _host.Publish("", "s", value ?? "none", new MessageProperties
            {
                Headers = value is null ? null : Host.Args(("x-stream-filter-value", value)),
            });
        }

        Assert.Equal("b", Read("first", filter: [("x-stream-filter", "b")]).Bodies);
        Assert.Equal("b none", Read("first", filter: [("x-stream-filter", "b"), ("x-stream-match-unfiltered", true)]).Bodies);
    }

    private void Declare(params (string Name, object? Value)[] arguments) =>
        _host.Queue("s", [("x-queue-type", "stream"), .. arguments]);

    private Recorder Read(object offset, int prefetch = 10, params (string Name, object? Value)[] filter)
    {
        var recorder = new Recorder();
        recorder.Subscription = _host.Virtual.Consume(_host.Channel,
            new("s") { Prefetch = prefetch, Arguments = Host.Args([("x-stream-offset", offset), .. filter]) }, recorder);
        return recorder;
    }
}
