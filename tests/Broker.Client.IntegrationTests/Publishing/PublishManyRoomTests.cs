using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>While the broker takes nothing, streams take from their sources what the window holds, and the one in each stream's hand.</summary>
public sealed class PublishManyRoomTests(BrokerFixture brokers)
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(8, 2)]
    public async Task Streams_together_take_no_more_than_the_window(int streams, int channels)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync(options => (options.Publisher.WindowMessages, options.Publisher.Channels) = (100, channels));
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        using var cancelled = new CancellationTokenSource();
        var sources = Enumerable.Range(0, streams).Select(_ => new CountedSource()).ToArray();

        relay.Stall();
        var sending = sources.Select(source => Task.Run(() => broker.SendManyAsync(queue, source.Messages(), cancellationToken: cancelled.Token))).ToArray();
        await WaitUntilFullAsync(broker, queue, sources, 100 * channels);

        Assert.InRange(sources.Sum(source => source.Taken), 100 * channels, (100 * channels) + streams);
        Assert.DoesNotContain(sending, stream => stream.IsCompleted);

        relay.Resume(); // and they go on
        await probe.WaitForMoreThanAsync(queue, (uint)(300 * channels));
        await cancelled.CancelAsync();
        foreach (var stream in sending)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.InTime());
    }

    [Fact]
    public async Task A_stream_takes_no_more_bytes_than_the_window_holds()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync(options => options.Publisher.WindowBytes = 10_000);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        using var cancelled = new CancellationTokenSource();
        var source = new CountedSource(bytes: 1_000);

        relay.Stall();
        var sending = Task.Run(() => broker.SendManyAsync(queue, source.Messages(), cancellationToken: cancelled.Token));
        await WaitUntilFullAsync(broker, queue, [source], 11);

        Assert.Equal(11, source.Taken);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.InTime());
        relay.CutAll();
        relay.Resume();
    }

    [Fact]
    public async Task A_reader_that_stops_reading_holds_up_no_other_stream()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.WindowMessages = 50);
        var queue = await broker.DeclareAsync(probe);
        var source = new CountedSource();
        await using var idle = broker.TrySendManyAsync(queue, source.Messages()).GetAsyncEnumerator();
        Assert.True(await idle.MoveNextAsync().InTime());

        var count = await broker.SendManyAsync(queue, new CountedSource().Messages().Take(1_000)).InTime();

        Assert.Equal(1_000, count);
        Assert.InRange(source.Taken, 1, 52);
    }

    // The sources give no signal when nobody takes from them any more. A publish that ends by its own deadline gives them time.
    private static async Task WaitUntilFullAsync(BrokerClient broker, string queue, CountedSource[] sources, int least)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (sources.Sum(source => source.Taken) < least && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
            await Task.Yield();
        await broker.TrySendAsync(queue, "x", new PublishOptions { Deadline = TimeSpan.FromSeconds(0.3) }).InTime();
    }
}
