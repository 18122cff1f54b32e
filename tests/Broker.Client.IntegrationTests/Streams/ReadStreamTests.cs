using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Streams;

/// <summary>Streams as sequences, from anywhere in them, and by filter.</summary>
public sealed class ReadStreamTests(BrokerFixture brokers)
{
    private static readonly string[] s_numbers = Clients.Numbers(500);

    [Fact]
    public async Task A_loop_reads_from_where_it_was_told_and_again_as_often_as_it_likes()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);

        for (var time = 0; time < 2; time++)
        {
            Assert.Equal(s_numbers, await TextsAsync(broker.ReadStreamAsync(stream), 500));
            Assert.Equal(s_numbers[321..], await TextsAsync(broker.ReadStreamAsync(stream, StreamOffset.At(321)), 179));
            Assert.Equal(s_numbers, await TextsAsync(broker.ReadStreamAsync(stream, StreamOffset.Since(TimeProvider.System.GetUtcNow().AddHours(-1))), 500));
        }
    }

    [Fact]
    public async Task Cuts_leave_nothing_out_and_repeat_nothing()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        await broker.SendAllInOrderAsync(stream, s_numbers);
        var seen = new List<string>();

        await foreach (var delivery in broker.ReadStreamAsync(stream))
        {
            seen.Add(delivery.GetText());
            if (seen.Count % 150 == 0)
                relay.CutAll();
            if (seen.Count == 500)
                break;
        }

        Assert.Equal(s_numbers, seen);
    }

    [Fact]
    public async Task A_filter_lets_through_what_has_its_value_and_what_has_none_only_when_told_to()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var stream = await broker.DeclareStreamAsync(probe);
        string?[] values = ["eu", "us", null];
        await broker.SendManyAsync(stream, Enumerable.Range(0, 90).Select(
            number => new Message(System.Text.Encoding.UTF8.GetBytes($"{number}")) { StreamFilterValue = values[number % 3] })).InTime();

        string[] Wanted(params int[] remainders) => [.. Enumerable.Range(0, 90).Where(number => remainders.Contains(number % 3)).Select(number => $"{number}")];
        Assert.Equal(Wanted(0), await TextsAsync(broker.ReadStreamAsync(stream, filter: StreamFilter.Of("eu")), 30));
        Assert.Equal(Wanted(0, 1), await TextsAsync(broker.ReadStreamAsync(stream, filter: StreamFilter.Of("eu", "us")), 60));
        Assert.Equal(Wanted(1, 2), await TextsAsync(broker.ReadStreamAsync(stream, filter: StreamFilter.Of("us") with { IncludeUnfiltered = true }), 60));

        var seen = new Collected<string>();
        await using var subscription = await broker.SubscribeAsync(
            stream, "a", delivery => seen.Add(delivery.GetText()), new() { StreamFilter = StreamFilter.Of("us"), Store = new MemoryOffsetStore() });
        Assert.Equal(Wanted(1), await seen.ReachAsync(30));
    }

    private static async Task<List<string>> TextsAsync(IAsyncEnumerable<Delivery> events, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var texts = new List<string>();
        await foreach (var delivery in events.WithCancellation(limit.Token))
        {
            texts.Add(delivery.GetText());
            if (texts.Count == count)
                break;
        }

        return texts;
    }
}
