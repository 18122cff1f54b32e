using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>How a single publish ends.</summary>
public sealed class PublishOutcomeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_confirmed_message_is_in_the_queue()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var sent = await broker.SendAsync(queue, "sent").InTime();
        var published = await broker.PublishAsync("", queue, "published").InTime();

        Assert.True(sent.IsConfirmed && published.IsConfirmed);
        Assert.Equal((0, null), (sent.ReplyCode, sent.ReplyText));
        Assert.Equal(["sent", "published"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_message_to_no_queue_comes_back_in_an_exception()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var message = Message.FromText("stray");
        var missing = $"missing.{Guid.NewGuid():n}";

        var error = await Assert.ThrowsAsync<PublishException>(() => broker.SendAsync(missing, message).InTime());

        Assert.Equal((PublishOutcome.Returned, (ushort)312, "NO_ROUTE"), (error.Outcome, error.ReplyCode, error.ReplyText));
        Assert.Same(message, error.PublishedMessage);
        Assert.False(error.IsTransient);
        Assert.Contains($"queue '{missing}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_to_no_queue_is_a_result_of_a_try()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var result = await broker.TrySendAsync($"missing.{Guid.NewGuid():n}", new Message { MessageId = "mine" }).InTime();

        Assert.Equal(new PublishResult(PublishOutcome.Returned, "mine", 312, "NO_ROUTE"), result);
    }

    [Theory]
    [InlineData(null, PublishOutcome.Confirmed)]
    [InlineData(false, PublishOutcome.Confirmed)]
    [InlineData(true, PublishOutcome.Returned)]
    public async Task A_named_exchange_without_a_binding_returns_what_is_mandatory(bool? mandatory, PublishOutcome outcome)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();

        var result = await broker.TryPublishAsync(exchange, "nobody", "x", new PublishOptions { Mandatory = mandatory }).InTime();

        Assert.Equal(outcome, result.Outcome);
    }

    [Theory]
    [InlineData(null, PublishOutcome.Returned)]
    [InlineData(false, PublishOutcome.Confirmed)]
    public async Task A_missing_queue_returns_what_is_not_said_to_be_optional(bool? mandatory, PublishOutcome outcome)
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var result = await broker.TrySendAsync($"missing.{Guid.NewGuid():n}", "x", new PublishOptions { Mandatory = mandatory }).InTime();

        Assert.Equal(outcome, result.Outcome);
    }

    [Fact]
    public async Task Returned_and_stored_messages_are_told_apart()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = $"missing.{Guid.NewGuid():n}";

        var results = await Task.WhenAll(Enumerable.Range(0, 300).Select(number => broker.TrySendAsync(number % 3 == 0 ? missing : queue, $"{number}").AsTask())).InTime();

        Assert.Equal(Enumerable.Range(0, 300).Select(number => number % 3 == 0 ? PublishOutcome.Returned : PublishOutcome.Confirmed), results.Select(result => result.Outcome));
        Assert.Equal(200, (await probe.DrainAsync(queue)).Count);
    }

    [Theory]
    [InlineData(QueueType.Classic)]
    [InlineData(QueueType.Quorum)]
    public async Task A_full_queue_that_refuses_makes_the_publish_rejected(QueueType type)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = type, MaxLength = 1, Overflow = QueueOverflow.RejectPublish });

        // A quorum queue lets a few more in than it should.
        var results = new List<PublishResult>();
        while (results.Count < 50 && results.All(result => result.IsConfirmed))
            results.Add(await broker.TrySendAsync(queue, $"{results.Count}").InTime());

        Assert.Equal((PublishOutcome.Rejected, (ushort)0), (results[^1].Outcome, results[^1].ReplyCode));
        Assert.Equal(results.Count - 1, (await probe.DrainAsync(queue)).Count);
        var error = await Assert.ThrowsAsync<PublishException>(() => FillAsync(broker, queue).InTime());
        Assert.True(error.IsTransient);
    }

    private static async Task FillAsync(BrokerClient broker, string queue)
    {
        for (var each = 0; each < 50; each++)
            await broker.SendAsync(queue, "x");
    }
}
