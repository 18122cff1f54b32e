using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Brokers;

public sealed class BrokerFixtureTests(BrokerFixture brokers)
{
    [Fact]
    public async Task The_shared_broker_stores_what_the_probe_publishes()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, QueueKind.Quorum);

        await probe.PublishAsync(queue, "one", "two");

        await probe.WaitForCountAsync(queue, 2);
        Assert.Equal(["one", "two"], (await probe.DrainAsync(queue)).Select(message => message.Text));
        Assert.True(await probe.ExistsAsync(queue));
        Assert.False(await probe.ExistsAsync(probe.NewName()));
        Assert.True(brokers.Shared.MajorVersion >= 3);
    }

    [Theory]
    [InlineData(BrokerNeed.Streams, "x-queue-type", "stream")]
    [InlineData(BrokerNeed.Priorities, "x-max-priority", 5)]
    [InlineData(BrokerNeed.SingleActiveConsumer, "x-single-active-consumer", true)]
    [InlineData(BrokerNeed.DelayedRetries, "x-delayed-retry-type", "failed", "quorum")]
    public async Task What_a_broker_is_said_to_lack_it_refuses_and_nothing_else(BrokerNeed need, string argument, object value, string type = "classic")
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);

        var refusal = await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = type, [argument] = value });

        Assert.Equal(brokers.Shared.Lacks(need) is null, refusal is null);
    }
}

[Collection(BrokerFixture.Faulty)]
public sealed class FaultyBrokerTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_killed_broker_comes_back_on_its_port_with_its_messages()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await probe.PublishAsync(queue, "kept");
        // What was declared a moment ago may still be in a buffer of the broker's own process.
        await broker.ControlAsync("eval", "catch mnesia:sync_log().");

        await broker.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(broker.ProbeAsync);
        await broker.StartAgainAsync();

        Assert.Equal("kept", (await probe.GetAsync(queue))?.Text);
    }

    [Fact]
    public async Task A_paused_broker_answers_after_it_resumes()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var probe = await broker.ProbeAsync();

        await broker.PauseAsync();
        var declared = probe.DeclareAsync(probe.NewName());
        await Assert.ThrowsAsync<TimeoutException>(() => declared.WaitAsync(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        await broker.ResumeAsync();

        await declared;
    }

    [Fact]
    public async Task An_alarm_is_told_to_a_connection_at_its_next_publish_and_that_publish_waits()
    {
        var broker = await brokers.FaultyAsync();
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);
        await using var raw = await RawChannel.OpenAsync(broker);
        await raw.PublishAsync("", queue, new(), "before");
        await probe.WaitForCountAsync(queue, 1);
        var blocked = new Signal();
        raw.Connection.ConnectionBlockedAsync += (_, _) =>
        {
            blocked.Set();
            return Task.CompletedTask;
        };

        await broker.RaiseMemoryAlarmAsync();
        // It has published before the alarm, and is still read.
        Assert.Equal(1u, (await raw.Channel.QueueDeclarePassiveAsync(queue).InTime()).MessageCount);
        Assert.False(blocked.Task.IsCompleted);
        await raw.PublishAsync("", queue, new(), "after");
        await blocked.Task.InTime();
        Assert.Equal(1u, await probe.CountAsync(queue));
        await broker.ClearMemoryAlarmAsync();

        await probe.WaitForCountAsync(queue, 2);
    }

    [Fact]
    public async Task A_memory_alarm_holds_publishes_up_until_it_is_cleared()
    {
        var broker = await brokers.FaultyAsync();
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue);

        await broker.RaiseMemoryAlarmAsync();
        var published = probe.PublishAsync(queue, "held up");
        await Assert.ThrowsAsync<TimeoutException>(() => published.WaitAsync(TimeSpan.FromSeconds(1), TimeProvider.System));
        await broker.ClearMemoryAlarmAsync();

        await published;
        Assert.Equal("held up", (await probe.GetAsync(queue))?.Text);
    }
}
