using System.Threading.Channels;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

public sealed class ReconnectTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_consumer_and_a_publisher_go_on_after_their_connections_were_cut(bool reset)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareQueueAsync(queue);
        var received = Channel.CreateUnbounded<string>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => { received.Writer.TryWrite(delivery.GetText()); });
        await client.SendAsync(queue, "before");
        Assert.Equal("before", await NextAsync(received));

        relay.CutAll(reset);
        await client.SendAsync(queue, "after");

        Assert.Equal("after", await NextAsync(received, skip: "before"));
        await probe.WaitForConsumersAsync(queue, 1);
        await Eventually.IsTrueAsync("two connections", () => relay.Open == 2);
    }

    [Fact]
    public async Task Messages_under_way_at_ten_cuts_are_all_confirmed_and_all_there()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareQueueAsync(queue, new QueueOptions { Type = QueueType.Classic });
        var states = new StateRecorder(client);

        var sending = new List<Task<PublishResult>>();
        for (var cut = 0; cut < 10; cut++)
        {
            sending.AddRange(Enumerable.Range(0, 50).Select(number => client.SendAsync(queue, $"{cut}.{number}").AsTask()));
            await sending[cut * 50].WaitAsync(s_patience, TimeProvider.System);
            relay.CutAll(reset: cut % 2 == 0);
        }

        await Task.WhenAll(sending).WaitAsync(s_patience, TimeProvider.System);

        var texts = (await probe.DrainAsync(queue)).Select(message => message.Text).ToHashSet();
        Assert.Equal(500, texts.Count);
        Assert.Contains(BrokerConnectionState.Connecting, states.States);
    }

    [Fact]
    public async Task A_declaration_that_is_cut_off_is_made_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());

        relay.Stall();
        var declaring = client.DeclareQueueAsync(queue).AsTask();
        relay.CutAll();
        relay.Resume();
        await declaring.WaitAsync(s_patience, TimeProvider.System);

        Assert.True(await probe.ExistsAsync(queue));
    }

    private static async Task<string> NextAsync(Channel<string> received, string? skip = null)
    {
        using var limit = new CancellationTokenSource(s_patience, TimeProvider.System);
        while (true)
        {
            // One whose ack was cut off comes again.
            if (await received.Reader.ReadAsync(limit.Token) is var text && text != skip)
                return text;
        }
    }
}

/// <summary>How soon; nothing else runs meanwhile.</summary>
[Collection(Alone.Name)]
public sealed class ReconnectTimeTests(BrokerFixture brokers)
{
    [Fact]
    public async Task The_first_attempt_after_a_loss_is_made_at_once()
    {
        var times = new List<TimeSpan>();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        // So long that whoever waits for it is seen.
        var wait = TimeSpan.FromSeconds(30);
        var options = BrokerOptions.Parse(relay.Uri.ToString()) with { ReconnectDelay = wait, MaxReconnectDelay = wait };

        for (var sample = 0; sample < 9; sample++)
        {
            await using var client = await BrokerClient.ConnectAsync(options);
            var states = new StateRecorder(client);
            var cut = TimeProvider.System.GetTimestamp();
            relay.CutAll(reset: sample % 2 == 0);
            await states.WaitForAsync(BrokerConnectionState.Connected);
            times.Add(TimeProvider.System.GetElapsedTime(cut));
        }

        Assert.True(times.Order().ElementAt(4) < TimeSpan.FromMilliseconds(300), string.Join(", ", times));
    }

    [Theory]
    [InlineData(Flow.Both)]
    [InlineData(Flow.ToClient)]
    public async Task A_peer_that_falls_silent_is_found_within_two_heartbeats_and_work_goes_on_when_it_is_back(Flow stalled)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var heartbeat = TimeSpan.FromSeconds(1);
        await using var client = await BrokerClient.ConnectAsync(
            BrokerOptions.Parse(relay.Uri.ToString()) with { Heartbeat = heartbeat, ConnectTimeout = TimeSpan.FromSeconds(1) });
        var states = new StateRecorder(client);
        await client.DeclareQueueAsync(queue);
        var received = new TaskCompletionSource();
        await using var consumer = await client.ConsumeAsync(queue, delivery =>
        {
            if (delivery.GetText() == "after")
                received.TrySetResult();
        });
        await client.SendAsync(queue, "before");

        relay.Stall(stalled);
        var change = await states.WaitForAsync(BrokerConnectionState.Connecting, limit: (2 * heartbeat) + TimeSpan.FromSeconds(2));
        var sending = client.SendAsync(queue, "after").AsTask();
        relay.CutAll();
        relay.Resume();
        await sending.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        await received.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);

        Assert.Equal(ConnectionFailure.Lost, Assert.IsType<BrokerConnectionException>(change.Cause).Reason);
    }
}
