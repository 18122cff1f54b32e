using System.Threading.Channels;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>Streams of messages, and what is told of each.</summary>
public sealed class PublishManyTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_stream_arrives_in_its_order_and_is_counted()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var count = await broker.SendManyAsync(queue, Clients.Numbers(10_000).Select(Message.FromText)).InTime(60);

        Assert.Equal(10_000, count);
        Assert.Equal(Clients.Numbers(10_000), await raw.TakeAsync(queue, 10_000));
    }

    [Fact]
    public async Task A_stream_from_elsewhere_goes_to_where_each_message_says()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var (even, odd) = (await broker.DeclareAsync(probe), await broker.DeclareAsync(probe));
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();
        await broker.BindQueueAsync(odd, exchange, "odd").InTime();

        var count = await broker.PublishManyAsync(PublicationsAsync()).InTime();

        Assert.Equal(20, count);
        Assert.Equal(Clients.Numbers(20).Where((_, number) => number % 2 == 0), (await probe.DrainAsync(even)).Select(message => message.Text));
        Assert.Equal(Clients.Numbers(20).Where((_, number) => number % 2 == 1), (await probe.DrainAsync(odd)).Select(message => message.Text));

        async IAsyncEnumerable<Publication> PublicationsAsync()
        {
            foreach (var text in Clients.Numbers(20))
            {
                await Task.Yield();
                yield return int.Parse(text, null) % 2 == 0 ? new("", even, text) : new(exchange, "odd", text);
            }
        }
    }

    [Fact]
    public async Task Each_outcome_is_told_in_the_order_of_the_stream()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var (missingQueue, missingExchange) = (probe.NewName("missing"), probe.NewName("missing"));

        var results = await broker.TryPublishManyAsync(Enumerable.Range(0, 3_000).Select(number => (number % 1_000) switch
        {
            7 => new Publication("", missingQueue, new Message { MessageId = $"{number}" }),
            500 => new Publication(missingExchange, "", new Message { MessageId = $"{number}" }),
            _ => new Publication("", queue, new Message { MessageId = $"{number}" }),
        })).ToListAsync().InTime(60);

        Assert.Equal(Clients.Numbers(3_000), results.Select(result => result.MessageId));
        Assert.Equal(
            Enumerable.Range(0, 3_000).Select(number => (number % 1_000) switch { 7 => 312, 500 => 404, _ => 0 }),
            results.Select(result => (int)result.ReplyCode));
        Assert.Equal(2_994, results.Count(result => result.IsConfirmed));
    }

    [Fact]
    public async Task An_outcome_is_told_while_the_source_makes_the_next_one_wait()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var source = Channel.CreateUnbounded<Message>();
        await using var results = broker.TrySendManyAsync(queue, source.Reader.ReadAllAsync()).GetAsyncEnumerator();

        for (var number = 0; number < 50; number++)
        {
            source.Writer.TryWrite(new Message { MessageId = $"{number}" });
            Assert.True(await results.MoveNextAsync().InTime());
            Assert.Equal(new PublishResult(PublishOutcome.Confirmed, $"{number}"), results.Current);
        }

        source.Writer.Complete();
        Assert.False(await results.MoveNextAsync().InTime());
    }

    [Fact]
    public async Task Failures_are_listed_when_all_has_ended()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = probe.NewName("missing");
        var messages = Enumerable.Range(0, 2_000).Select(number => new Publication("", number is 3 or 1_500 ? missing : queue, $"{number}")).ToList();

        var error = await Assert.ThrowsAsync<PublishManyException>(() => broker.PublishManyAsync(messages).InTime(60));

        Assert.Equal((1_998L, 2, (ushort)312, false), (error.Confirmed, error.Failures.Count, error.ReplyCode, error.IsTransient));
        Assert.Equal([messages[3].Message, messages[1_500].Message], error.Failures.Select(failure => failure.PublishedMessage));
        Assert.All(error.Failures, failure => Assert.Equal(PublishOutcome.Returned, failure.Outcome));
        Assert.StartsWith("Of 2000 messages 2 were not confirmed; the first: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        await probe.WaitForCountAsync(queue, 1_998);
    }

    [Fact]
    public async Task A_message_that_cannot_be_sent_ends_the_stream_after_what_came_before_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var outcomes = new List<PublishOutcome>();

        await Assert.ThrowsAsync<ArgumentException>(() => broker.SendManyAsync(queue, Messages()).InTime());
        await Assert.ThrowsAsync<ArgumentException>(() => TryAsync().InTime());

        Assert.Equal(Enumerable.Repeat(PublishOutcome.Confirmed, 100), outcomes);
        Assert.Equal([.. Clients.Numbers(100), .. Clients.Numbers(100)], (await probe.DrainAsync(queue)).Select(message => message.Text));

        static IEnumerable<Message> Messages() =>
            Clients.Numbers(200).Select((text, number) => number == 100 ? new Message { Headers = { ["bad"] = 'c' } } : Message.FromText(text));

        async Task TryAsync()
        {
            await foreach (var result in broker.TrySendManyAsync(queue, Messages()))
                outcomes.Add(result.Outcome);
        }
    }

    [Fact]
    public async Task A_message_that_cannot_be_sent_is_told_with_what_failed_before_it()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var error = await Assert.ThrowsAsync<PublishManyException>(() => broker.SendManyAsync(
            $"missing.{Guid.NewGuid():n}", [new Message { MessageId = "1" }, new Message { Headers = { ["bad"] = 'c' } }]).InTime());

        Assert.Equal("1", Assert.Single(error.Failures).Result.MessageId);
        Assert.IsType<ArgumentException>(error.InnerException);
    }

    [Theory]
    [InlineData(1, 1_000_000)]
    [InlineData(64, 10)]
    public async Task Streams_that_share_a_narrow_window_all_come_to_their_end(int messages, long bytes)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync(options =>
        {
            options.Publisher.WindowMessages = messages;
            options.Publisher.WindowBytes = bytes; // each message is larger
        });
        var queue = await broker.DeclareAsync(probe);

        var counts = await Task.WhenAll(Enumerable.Range(0, 4).Select(stream => broker.SendManyAsync(
            queue, Clients.Numbers(100).Select(number => Message.FromText($"{stream} {number} is longer than ten bytes"))))).InTime(60);

        Assert.All(counts, count => Assert.Equal(100, count));
        var taken = await raw.TakeAsync(queue, 400);
        Assert.All(
            taken.Select(text => text.Split(' ')).GroupBy(parts => parts[0], parts => parts[1]),
            stream => Assert.Equal(Clients.Numbers(100), stream));
    }
}
