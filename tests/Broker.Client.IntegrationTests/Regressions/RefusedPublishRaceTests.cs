using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Regressions;

/// <summary>The channel that a refused publish closes met the writes of others, which were told that they could not be encoded.</summary>
public sealed class RefusedPublishRaceTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_refused_publish_fails_alone_however_the_close_and_the_writes_meet()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, new() { Type = QueueType.Classic });
        for (var round = 0; round < 12; round++)
        {
            var before = Enumerable.Range(0, 250).Select(_ => broker.TrySendAsync(queue, "good").AsTask()).ToArray();
            var bad = broker.TrySendAsync(queue, new Message { UserId = "somebody-else" }).AsTask();
            var after = Enumerable.Range(0, 600).Select(_ => broker.TrySendAsync(queue, "good").AsTask()).ToArray();

            Assert.All(await Task.WhenAll(before.Concat(after)).InTime(), result => Assert.True(result.IsConfirmed, $"round {round}: {result}"));
            Assert.Equal(PublishOutcome.Rejected, (await bad.InTime()).Outcome);
        }
    }

    [Fact]
    public async Task A_refused_publish_that_nobody_waits_for_any_more_does_not_fail_another()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await BrokerClient.ConnectAsync(proxy.Uri.ToString()).InTime();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        using var cancelled = new CancellationTokenSource();
        var written = proxy.On(Frames.Method("basic.publish")).Hold();

        var bad = broker.TrySendAsync(queue, new Message { UserId = "somebody-else" }, cancellationToken: cancelled.Token).AsTask();
        var good = broker.TrySendAsync(queue, "good").AsTask();
        await written.WaitForBiteAsync(count: 2);
        await cancelled.CancelAsync();
        Assert.Equal(PublishOutcome.Unknown, (await bad.InTime()).Outcome);
        written.Lift();

        Assert.Equal(PublishOutcome.Confirmed, (await good.InTime()).Outcome);
    }
}
