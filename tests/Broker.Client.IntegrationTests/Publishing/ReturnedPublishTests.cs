using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>A return names no number: it is matched by one that the message carries, or by an id that was made for it alone.</summary>
public sealed class ReturnedPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Two_thousand_that_come_back_at_once_are_all_told()
    {
        await using var broker = await brokers.Shared.ConnectAsync();
        var missing = $"missing.{Guid.NewGuid():n}";

        var results = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(_ => broker.TrySendAsync(missing, "x").AsTask())).InTime(60);

        Assert.All(results, result => Assert.Equal((PublishOutcome.Returned, (ushort)312), (result.Outcome, result.ReplyCode)));
    }

    [Fact]
    public async Task Among_others_each_is_told_right_whoever_made_its_id()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = probe.NewName("missing");
        var random = new Random(1);
        var sends = Enumerable.Range(0, 4_000).Select(number => (IsStray: random.Next(2) == 0, Id: random.Next(3) == 0 ? null : $"{random.Next(50)}")).ToList();

        var results = await Task.WhenAll(sends.Select(send =>
            broker.TrySendAsync(send.IsStray ? missing : queue, new Message { MessageId = send.Id }).AsTask())).InTime(60);

        Assert.Equal(sends.Select(send => send.IsStray ? PublishOutcome.Returned : PublishOutcome.Confirmed), results.Select(result => result.Outcome));
    }

    [Fact]
    public async Task The_same_id_twice_is_told_apart()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = probe.NewName("missing");
        var message = new Message { MessageId = "twice" };

        var stored = broker.TrySendAsync(queue, message).AsTask();
        var stray = broker.TrySendAsync(missing, message).AsTask();

        Assert.Equal(new PublishResult(PublishOutcome.Confirmed, "twice"), await stored.InTime());
        Assert.Equal(new PublishResult(PublishOutcome.Returned, "twice", 312, "NO_ROUTE"), await stray.InTime());
    }

    [Fact]
    public async Task An_id_that_another_message_was_given_is_told_apart()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var broker = await relay.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = probe.NewName("missing");
        using var cancelled = new CancellationTokenSource();
        await broker.SendAsync(queue, "opens the connection").InTime();

        // As somebody does who was told that the outcome is unknown: the same id again, while the first is on the wire.
        relay.Stall(Flow.ToClient);
        var first = broker.TrySendAsync(queue, "x", cancellationToken: cancelled.Token).AsTask();
        await probe.WaitForCountAsync(queue, 2);
        await cancelled.CancelAsync();
        var again = broker.TrySendAsync(missing, new Message { MessageId = (await first.InTime()).MessageId }).AsTask();
        relay.Resume();

        Assert.Equal(PublishOutcome.Unknown, (await first).Outcome);
        Assert.Equal(PublishOutcome.Returned, (await again.InTime()).Outcome);
    }

    [Fact]
    public async Task A_header_with_the_librarys_name_on_a_message_that_is_sent_on_blames_no_other()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);

        var first = broker.TrySendAsync(queue, "first of the channel").AsTask();
        var stray = broker.TrySendAsync(probe.NewName("missing"), new Message { Headers = { ["x-broker-client-number"] = 1L } }).AsTask();

        Assert.Equal(PublishOutcome.Confirmed, (await first.InTime()).Outcome);
        Assert.Equal(PublishOutcome.Returned, (await stray.InTime()).Outcome);
    }
}
