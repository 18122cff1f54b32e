using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Publishing;

/// <summary>A broker short of memory blocks those who publish (<c>connection.blocked</c>), and nobody else.</summary>
[Collection(BrokerFixture.Faulty)]
public sealed class BlockedPublishTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Publishes_wait_while_the_broker_is_blocked_and_consuming_goes_on()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        await using var broker = await faulty.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var source = await broker.DeclareAsync(probe);
        await broker.SendAllAsync(source, Clients.Numbers(20));
        var states = new Collected<BrokerConnectionState>();
        var blocked = new Signal();
        broker.StateChanged += (_, change) =>
        {
            states.Add(change.Current);
            if (change.Current == BrokerConnectionState.Blocked)
                blocked.Set();
        };

        await faulty.RaiseMemoryAlarmAsync();
        try
        {
            var first = broker.SendAsync(queue, "first").AsTask();
            await blocked.Task.InTime();
            var second = broker.SendAsync(queue, "second").AsTask();
            var seen = new Collected<string>();
            await using var consumer = await broker.ConsumeAsync(source, delivery => seen.Add(delivery.GetText()), new() { Prefetch = 1 });

            Assert.Equal(Clients.Numbers(20), await seen.ReachAsync(20));
            Assert.Equal((BrokerConnectionState.Blocked, false, false), (broker.State, first.IsCompleted, second.IsCompleted));

            await faulty.ClearMemoryAlarmAsync();
            Assert.All(await Task.WhenAll(first, second).InTime(), result => Assert.True(result.IsConfirmed));
        }
        finally
        {
            await faulty.ClearMemoryAlarmAsync();
        }

        Assert.Equal([BrokerConnectionState.Blocked, BrokerConnectionState.Connected], await states.ReachAsync(2));
        Assert.Equal(["first", "second"], (await probe.DrainAsync(queue)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_blocked_timeout_ends_the_waiting()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        await using var broker = await faulty.ConnectAsync(options => options.BlockedTimeout = TimeSpan.FromSeconds(0.5));
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        var blocked = new Signal();
        broker.StateChanged += (_, change) =>
        {
            if (change.Current == BrokerConnectionState.Blocked)
                blocked.Set();
        };

        await faulty.RaiseMemoryAlarmAsync();
        try
        {
            var written = broker.TrySendAsync(queue, "written").AsTask();
            await blocked.Task.InTime();
            PublishResult waiting = default;
            var took = await Patience.TimedAsync(async () => waiting = await broker.TrySendAsync(queue, "waiting").InTime());

            Assert.Equal(PublishOutcome.Unknown, (await written.InTime()).Outcome);
            Assert.Equal(PublishOutcome.NotSent, waiting.Outcome);
            Assert.Contains("BlockedTimeout", waiting.ReplyText, StringComparison.Ordinal);
            Assert.InRange(took, TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(1.5));
        }
        finally
        {
            await faulty.ClearMemoryAlarmAsync();
        }
    }

    [Fact]
    public async Task A_blocked_timeout_of_zero_ends_publishes_at_once()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        await using var broker = await faulty.ConnectAsync(options => options.BlockedTimeout = TimeSpan.Zero);
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        var states = new StateRecorder(broker);

        await faulty.RaiseMemoryAlarmAsync();
        try
        {
            // The broker tells those who publish, so the first one may be on its way already.
            var written = broker.TrySendAsync(queue, "written").AsTask();
            await states.WaitForAsync(BrokerConnectionState.Blocked);
            PublishResult next = default;
            var took = await Patience.TimedAsync(async () => next = await broker.TrySendAsync(queue, "next").InTime());

            Assert.Equal(PublishOutcome.Unknown, (await written.InTime(1)).Outcome);
            Assert.Equal(PublishOutcome.NotSent, next.Outcome);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(0.1));
        }
        finally
        {
            await faulty.ClearMemoryAlarmAsync();
        }

        await states.WaitForAsync(BrokerConnectionState.Connected, after: states.Changes.Count - 1);
        Assert.True((await broker.SendAsync(queue, "last").InTime()).IsConfirmed);
    }

    [Fact]
    public async Task A_dispose_while_the_broker_is_blocked_ends_in_time_and_ends_what_waits()
    {
        var faulty = await brokers.FaultyAsync();
        await using var probe = await faulty.ProbeAsync();
        var broker = await faulty.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await broker.SendAsync(queue, "opens the connection").InTime();
        var blocked = new Signal();
        broker.StateChanged += (_, change) =>
        {
            if (change.Current == BrokerConnectionState.Blocked)
                blocked.Set();
        };

        await faulty.RaiseMemoryAlarmAsync();
        try
        {
            var written = broker.TrySendAsync(queue, "written").AsTask();
            await blocked.Task.InTime();
            var waiting = broker.TrySendAsync(queue, "waiting").AsTask();
            await broker.DisposeAsync().InTime(12);

            Assert.Equal(PublishOutcome.Unknown, (await written.InTime(1)).Outcome);
            Assert.Equal(PublishOutcome.NotSent, (await waiting.InTime(1)).Outcome);
        }
        finally
        {
            await faulty.ClearMemoryAlarmAsync();
        }
    }
}
