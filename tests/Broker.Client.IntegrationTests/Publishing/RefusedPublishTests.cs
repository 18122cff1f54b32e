using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>
/// The broker answers a publish that it refuses by closing the channel under all others. Only the refused one may fail; the others are confirmed,
/// in their order, and arrive, some of them perhaps twice.
/// </summary>
public sealed class RefusedPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_missing_exchange_fails_its_own_publishes_alone_and_makes_no_duplicates()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = $"missing.{Guid.NewGuid():n}";

        var good = Clients.Numbers(200).Select((text, index) => index == 100
            ? (Bad: broker.TryPublishAsync(missing, "", "bad").AsTask(), Good: broker.SendAsync(queue, text).AsTask())
            : (Bad: null, Good: broker.SendAsync(queue, text).AsTask())).ToArray();

        await Task.WhenAll(good.Select(each => each.Good)).InTime();
        var bad = await good[100].Bad!.InTime();
        Assert.Equal((PublishOutcome.Rejected, (ushort)404), (bad.Outcome, bad.ReplyCode));
        Assert.Contains(missing, bad.ReplyText, StringComparison.Ordinal);
        Assert.Equal(Clients.Numbers(200), (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_missing_exchange_that_is_declared_later_is_published_to()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var exchange = probe.NewName("exchange");

        var error = await Assert.ThrowsAsync<PublishException>(() => broker.PublishAsync(exchange, "", "early").InTime());
        await broker.DeclareExchangeAsync(exchange).InTime();
        var later = await broker.PublishAsync(exchange, "", "later").InTime();

        Assert.Equal((PublishOutcome.Rejected, (ushort)404), (error.Outcome, error.ReplyCode));
        Assert.Contains("Declare it first", error.Message, StringComparison.Ordinal);
        Assert.True(later.IsConfirmed);
    }

    [Fact]
    public async Task An_exchange_deleted_behind_our_back_fails_its_own_publish_alone()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange).InTime();
        await broker.PublishAsync(exchange, "", "while it is there").InTime();
        await raw.Channel.ExchangeDeleteAsync(exchange);

        var bad = await Window.PublishAmongAsync(broker, queue, () => broker.TryPublishAsync(exchange, "", "bad").AsTask());

        Assert.Equal((PublishOutcome.Rejected, (ushort)404), (bad.Outcome, bad.ReplyCode));
        await Window.AssertAllArrivedAsync(probe, queue);
        await broker.DeclareExchangeAsync(exchange).InTime();
        Assert.True((await broker.PublishAsync(exchange, "", "it is there again").InTime()).IsConfirmed);
    }

    [Fact]
    public async Task A_publish_to_an_internal_exchange_fails_alone()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, options: new ExchangeOptions { Internal = true }).InTime();

        var bad = await Window.PublishAmongAsync(broker, queue, () => broker.TryPublishAsync(exchange, "", "bad").AsTask());

        Assert.Equal((PublishOutcome.Rejected, (ushort)403), (bad.Outcome, bad.ReplyCode));
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    [Fact]
    public async Task A_publish_under_another_users_name_fails_alone()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var bad = await Window.PublishAmongAsync(broker, queue, () => broker.TrySendAsync(queue, new Message { UserId = "somebody-else" }).AsTask());

        Assert.Equal((PublishOutcome.Rejected, (ushort)406), (bad.Outcome, bad.ReplyCode));
        Assert.Contains("somebody-else", bad.ReplyText, StringComparison.Ordinal);
        await Window.AssertAllArrivedAsync(probe, queue);
    }

    [Fact]
    public async Task Several_refused_publishes_fail_each_for_its_own_reason()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var exchange = probe.NewName("exchange");
        await broker.DeclareExchangeAsync(exchange, options: new ExchangeOptions { Internal = true }).InTime();

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(number => (number % 20) switch
        {
            5 => broker.TrySendAsync(queue, new Message { UserId = "somebody-else" }).AsTask(),
            10 => broker.TryPublishAsync(exchange, "", "internal").AsTask(),
            _ => broker.TrySendAsync(queue, $"{number}").AsTask(),
        })).InTime();

        Assert.Equal(
            Enumerable.Range(0, 60).Select(number => (number % 20) switch { 5 => 406, 10 => 403, _ => 0 }),
            results.Select(result => (int)result.ReplyCode));
        Assert.Equal(54, results.Count(result => result.IsConfirmed));
    }
}
