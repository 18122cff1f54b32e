using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Faults;

/// <summary>
/// What a broker does to its clients. In each: what was confirmed is handled to the end at least once, nothing is acked before that, and the
/// consumer is back within five seconds of the broker, with a MaxReconnectDelay of four.
/// </summary>
[Collection(BrokerFixture.Faulty)]
public sealed class BrokerFaultTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(QueueType.Quorum)]
    [InlineData(QueueType.Classic)]
    public async Task Nothing_confirmed_is_lost_when_the_broker_is_killed_and_starts_again(QueueType type)
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await using var client = await BrokerClient.ConnectAsync(Options(broker));
        await client.DeclareQueueAsync(queue, new QueueOptions { Type = type });
        await using var load = await Load.StartAsync(client, queue);
        // RabbitMQ registers a new quorum queue on disk some time after it has confirmed into it (its registry is a dets file): killed in the first
        // second, the queue itself is lost, on 3.10 and on 4.3. So the load runs for a few seconds first.
        await load.Ledger.WaitForEndsAsync(4000, s_patience);

        await broker.KillAsync();
        await broker.StartAgainAsync();
        await probe.WaitForConsumersAsync(queue, 1, s_back);
        await load.Ledger.WaitForEndsAsync(load.Ledger.Ends + 500, s_patience);
        await load.StopPublishingAsync();

        await load.Ledger.AssertNothingLostAsync(s_patience);
        Assert.False(load.Consumer.Completion.IsCompleted);
    }

    [Fact]
    public async Task Nothing_confirmed_is_lost_when_the_broker_closes_all_connections_three_times()
    {
        var broker = await brokers.FaultyAsync();
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        await using var client = await BrokerClient.ConnectAsync(Options(broker));
        await client.DeclareQueueAsync(queue);
        var lost = 0;
        client.StateChanged += (_, change) => lost += change.Current == BrokerConnectionState.Connecting ? 1 : 0;
        await using var load = await Load.StartAsync(client, queue);
        await load.Ledger.WaitForEndsAsync(200, s_patience);

        for (var round = 0; round < 3; round++)
        {
            await broker.CloseAllConnectionsAsync();
            var before = load.Ledger.Ends;
            await load.Ledger.WaitForEndsAsync(before + 300, s_back);
        }

        await load.StopPublishingAsync();
        await load.Ledger.AssertNothingLostAsync(s_patience);
        Assert.True(lost >= 3, $"The fault bit {lost} times.");
    }

    [Fact]
    public async Task Nothing_confirmed_is_lost_when_the_broker_stands_still_for_longer_than_the_heartbeats()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var probe = await broker.ProbeAsync();
        var queue = probe.NewName();
        var options = Options(broker);
        options.Heartbeat = TimeSpan.FromSeconds(1);
        await using var client = await BrokerClient.ConnectAsync(options);
        await client.DeclareQueueAsync(queue);
        var down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += (_, change) =>
        {
            if (change.Current == BrokerConnectionState.Connecting)
                down.TrySetResult();
        };
        await using var load = await Load.StartAsync(client, queue);
        await load.Ledger.WaitForEndsAsync(200, s_patience);

        await broker.PauseAsync();
        try
        {
            await down.Task.WaitAsync(TimeSpan.FromSeconds(4), TimeProvider.System);
        }
        finally
        {
            await broker.ResumeAsync();
        }

        var before = load.Ledger.Ends;
        await load.Ledger.WaitForEndsAsync(before + 300, TimeSpan.FromSeconds(15));
        await load.StopPublishingAsync();
        await load.Ledger.AssertNothingLostAsync(s_patience);
    }

    private static BrokerOptions Options(BrokerUnderTest broker)
    {
        var options = new CapturedLogs().OptionsFor(broker.Uri);
        options.MaxReconnectDelay = TimeSpan.FromSeconds(4);
        return options;
    }
}
