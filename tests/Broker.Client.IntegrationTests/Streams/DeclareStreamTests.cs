using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>How streams are declared, what an error about one tells, and what retention drops.</summary>
public sealed class DeclareStreamTests(BrokerFixture brokers)
{
    private static readonly Dictionary<string, (StreamOptions There, StreamOptions Wanted, string Line)> s_mismatches = new()
    {
        ["age"] = (new() { MaxAge = TimeSpan.FromDays(7) }, new() { MaxAge = TimeSpan.FromHours(1) }, "MaxAge = TimeSpan.FromDays(7)"),
        ["age none"] = (new(), new() { MaxAge = TimeSpan.FromHours(1) }, "MaxAge = null"),
        ["bytes"] = (new() { MaxBytes = 1_000_000 }, new(), "MaxBytes = 1000000"),
        ["segment"] = (new() { SegmentSize = 1_000 }, new() { SegmentSize = 2_000 }, "SegmentSize = 1000"),
    };

    public static TheoryData<string> Mismatches => [.. s_mismatches.Keys];

    [Theory]
    [MemberData(nameof(Mismatches))]
    public async Task A_stream_that_exists_in_another_way_is_told_with_the_line_that_matches(string what)
    {
        var (there, wanted, line) = s_mismatches[what];
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe, there);

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareStreamAsync(stream, wanted).AsTask().InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains($"`new StreamOptions {{ {line} }}`", error.Message, StringComparison.Ordinal);
        await broker.DeclareStreamAsync(stream, there).AsTask().InTime();
    }

    [Theory]
    [InlineData(QueueType.Classic)]
    [InlineData(QueueType.Quorum)]
    public async Task A_queue_of_that_name_is_told_to_be_no_stream(QueueType type)
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new() { Type = type });

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareStreamAsync(queue).AsTask().InTime());

        Assert.Contains($"is no stream but a {type.ToString().ToLowerInvariant()} queue", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_was_deleted_is_declared_again_after_a_reconnect_with_its_options()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var options = new StreamOptions { MaxAge = TimeSpan.FromHours(6), MaxBytes = 5_000_000, SegmentSize = 1_000_000 };
        var stream = await broker.DeclareStreamAsync(probe, options);
        await probe.DeleteAsync(stream);

        relay.CutAll();

        await Eventually.IsTrueAsync("the stream", () => probe.ExistsAsync(stream));
        await using var other = await brokers.Shared.ConnectAsync();
        await other.DeclareStreamAsync(stream, options).AsTask().InTime();
    }

    [Fact]
    public async Task An_exchange_fills_streams_by_routing_key()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (stream, exchange) = (await broker.DeclareStreamAsync(probe), probe.NewName("exchange"));
        await broker.DeclareExchangeAsync(exchange, ExchangeKind.Topic).InTime();
        await broker.BindQueueAsync(stream, exchange, "trade.#").InTime();
        foreach (var key in (string[])["trade.eur", "quote.eur", "trade.usd"])
            await broker.PublishAsync(exchange, key, key).InTime();
        var seen = new Collected<string>();

        await using var subscription = await broker.SubscribeAsync(stream, "a", delivery => seen.Add($"{delivery.RoutingKey} {delivery.StreamOffset}"));

        Assert.Equal(["trade.eur 0", "trade.usd 1"], await seen.ReachAsync(2));
    }

    [Fact]
    public async Task Retention_drops_the_old_and_a_subscriber_that_is_behind_is_told_and_goes_on()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        using var logs = new CapturedLogs();
        await using var broker = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri)).InTime();
        var stream = await broker.DeclareStreamAsync(probe, new() { MaxBytes = 400_000, SegmentSize = 100_000 });
        var store = new MemoryOffsetStore();
        await store.WriteAsync(stream, "a", 3);
        var body = new byte[1_000];
        // A segment ends with the chunk that fills it: some at a time, so that there are several.
        for (var some = 0; some < 20; some++)
            await broker.SendManyAsync(stream, Enumerable.Range(0, 100).Select(_ => new Message(body))).InTime(60);

        long first = 0;
        await Eventually.IsTrueAsync("old events are gone", async () =>
        {
            await foreach (var oldest in broker.ReadStreamAsync(stream))
            {
                first = oldest.StreamOffset!.Value;
                break;
            }

            return first > 0;
        });
        var (seen, last) = (new Collected<long>(), new Signal());
        await using var subscription = await broker.SubscribeAsync(stream, "a", delivery =>
        {
            seen.Add(delivery.StreamOffset!.Value);
            if (delivery.Body.Length < body.Length)
                last.Set();
        }, new() { Store = store });
        var kept = await seen.ReachAsync(1);

        Assert.True(kept[0] >= first);
        await logs.WaitForAsync(line => line.Id == 7000 && line.Text.Contains("from offset 3 on", StringComparison.Ordinal), TimeSpan.FromSeconds(20));
        await broker.SendAsync(stream, "the last").InTime();
        await last.Task.InTime();
        Assert.Equal(seen.All.Order(), seen.All);
    }
}
