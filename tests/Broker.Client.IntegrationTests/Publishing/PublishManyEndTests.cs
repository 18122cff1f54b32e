using System.Threading.Channels;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Streams that end before their source does.</summary>
public sealed class PublishManyEndTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_token_that_fires_while_the_source_makes_wait_ends_the_stream_after_its_outcomes()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        using var cancelled = new CancellationTokenSource();
        var source = Channel.CreateUnbounded<Message>();
        source.Writer.TryWrite("1");
        source.Writer.TryWrite("2");

        var sending = broker.SendManyAsync(queue, source.Reader.ReadAllAsync(), cancellationToken: cancelled.Token);
        await probe.WaitForCountAsync(queue, 2);
        await cancelled.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.InTime(2));
        Assert.Equal(cancelled.Token, error.CancellationToken);
    }

    [Fact]
    public async Task A_token_that_fires_while_there_is_no_room_is_thrown_after_the_outcomes_of_what_was_taken()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync(options => options.Publisher.WindowMessages = 10);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        using var cancelled = new CancellationTokenSource();
        var source = new CountedSource();
        var results = new Collected<PublishResult>();

        relay.Stall(Flow.ToClient);
        var trying = Task.Run(TryAsync);
        await probe.WaitForCountAsync(queue, 11); // and so there is no room for the next
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trying.InTime(2));
        Assert.Equal(Enumerable.Range(0, 10).Select(number => ($"{number}", PublishOutcome.Unknown)), results.All.Select(result => (result.MessageId, result.Outcome)));
        relay.Resume();
        await broker.SendManyAsync(queue, source.Messages().Take(100)).InTime(); // the room has not shrunk

        async Task TryAsync()
        {
            await foreach (var result in broker.TrySendManyAsync(queue, source.Messages(), cancellationToken: cancelled.Token))
                results.Add(result);
        }
    }

    [Fact]
    public async Task A_reader_that_goes_early_stops_the_taking_and_what_was_taken_arrives()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync(options => options.Publisher.WindowMessages = 50);
        var queue = await broker.DeclareAsync(probe);
        var taken = new int[20];

        // As often as that leaves no room if each one kept some.
        for (var round = 0; round < taken.Length; round++)
        {
            var source = new CountedSource();
            await foreach (var result in broker.TrySendManyAsync(queue, source.Messages()))
            {
                Assert.True(result.IsConfirmed);
                break;
            }

            taken[round] = source.Taken;
        }

        await broker.SendManyAsync(queue, new CountedSource().Messages().Take(1)).InTime();
        // The last one of each may have been waiting for room.
        Assert.InRange(await probe.CountAsync(queue), (uint)(taken.Sum() - taken.Length + 1), (uint)(taken.Sum() + 1));
    }

    [Fact]
    public async Task A_client_that_is_disposed_ends_its_streams()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var broker = await relay.ConnectAsync(options => options.Publisher.WindowMessages = 10);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        relay.Stall(Flow.ToClient);

        var sending = Task.Run(() => broker.SendManyAsync(queue, new CountedSource().Messages()));
        var outcomes = new List<PublishOutcome>();
        var trying = Task.Run(TryAsync);
        await probe.WaitForCountAsync(queue, 11);
        await broker.DisposeAsync().InTime(20);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => sending.InTime(2));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => trying.InTime(2));
        Assert.All(outcomes, outcome => Assert.Contains(outcome, new[] { PublishOutcome.Unknown, PublishOutcome.NotSent }));

        async Task TryAsync()
        {
            await foreach (var result in broker.TrySendManyAsync(queue, new CountedSource().Messages()))
                outcomes.Add(result.Outcome);
        }
    }

    [Fact]
    public async Task A_stream_goes_on_over_cuts_and_nothing_of_it_is_lost()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await BrokerClient.ConnectAsync(new CapturedLogs().OptionsFor(relay.Uri)).InTime();
        var queue = await broker.DeclareAsync(probe);

        var sending = Task.Run(() => broker.SendManyAsync(queue, new CountedSource().Messages().Take(4_000)));
        for (var cut = 1; cut <= 3; cut++)
        {
            await probe.WaitForMoreThanAsync(queue, (uint)(cut * 500));
            relay.CutAll(reset: cut % 2 == 0);
        }

        Assert.Equal(4_000, await sending.InTime(60));
        var ids = (await probe.DrainAsync(queue)).Select(message => message.Properties.MessageId).Distinct();
        Assert.Equal(Clients.Numbers(4_000), ids);
    }
}
