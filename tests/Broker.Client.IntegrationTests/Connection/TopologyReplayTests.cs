using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Connection;

/// <summary>What goes with its connection is there again after the next one, with its bindings.</summary>
public sealed class TopologyReplayTests(BrokerFixture brokers)
{
    public static TheoryData<string, QueueOptions> Temporary { get; } = new()
    {
        { "exclusive", new QueueOptions { Exclusive = true } },
        { "exclusive and not durable", new QueueOptions { Exclusive = true, Durable = false } },
        { "auto-delete", new QueueOptions { AutoDelete = true } },
    };

    [Theory]
    [MemberData(nameof(Temporary), DisableDiscoveryEnumeration = true)]
    public async Task A_temporary_queue_is_there_again_with_its_bindings(string purpose, QueueOptions options)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, exchange) = (probe.NewName(purpose), probe.NewName("exchange"));
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareExchangeAsync(exchange, ExchangeKind.Topic);
        await client.DeclareQueueAsync(queue, options);
        await client.BindQueueAsync(queue, exchange, "first.*");
        await client.BindQueueAsync(queue, exchange, "second.*");

        await AssertWorksAfterACutAsync(relay, client, queue, exchange, "first.key", "second.key");
    }

    [Fact]
    public async Task An_unnamed_queue_keeps_its_name_and_its_bindings()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var exchange = probe.NewName("exchange");
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareExchangeAsync(exchange, ExchangeKind.Fanout);
        var queue = (await client.DeclareQueueAsync()).Name;
        await client.BindQueueAsync(queue, exchange);

        await AssertWorksAfterACutAsync(relay, client, queue, exchange, "");

        Assert.Equal(queue, (await client.FindQueueAsync(queue))?.Name);
    }

    [Fact]
    public async Task What_was_deleted_or_unbound_stays_away()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, deleted, exchange) = (probe.NewName(), probe.NewName(), probe.NewName("exchange"));
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareExchangeAsync(exchange, ExchangeKind.Direct);
        await client.DeclareQueueAsync(queue);
        await client.DeclareQueueAsync(deleted);
        await client.BindQueueAsync(queue, exchange, "gone");
        await client.UnbindQueueAsync(queue, exchange, "gone");
        await client.DeleteQueueAsync(deleted);
        var states = new StateRecorder(client);

        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connected);
        var result = await client.TryPublishAsync(exchange, "gone", "text", new PublishOptions { Mandatory = true });

        Assert.Equal(PublishOutcome.Returned, result.Outcome);
        Assert.False(await probe.ExistsAsync(deleted));
    }

    [Fact]
    public async Task A_queue_that_another_declared_otherwise_meanwhile_does_not_keep_the_client_away()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (changed, sound) = (probe.NewName("changed"), probe.NewName("sound"));
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        await client.DeclareQueueAsync(changed);
        await client.DeclareQueueAsync(sound, new QueueOptions { Exclusive = true });
        await probe.DeleteAsync(changed);
        await probe.DeclareAsync(changed, QueueKind.Classic);
        var states = new StateRecorder(client);

        relay.CutAll();
        await states.WaitForAsync(BrokerConnectionState.Connected);

        await Eventually.IsTrueAsync("the sound queue", async () => (await client.TrySendAsync(sound, "text")).IsConfirmed);
        Assert.True((await client.SendAsync(changed, "text")).IsConfirmed);
    }

    private static async Task AssertWorksAfterACutAsync(
        TcpRelay relay, BrokerClient client, string queue, string exchange, params string[] keys)
    {
        var received = new ConcurrentDictionary<string, bool>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => { received[delivery.GetText()] = true; });
        foreach (var text in (string[])["before", "after"])
        {
            foreach (var key in keys)
            {
                // Again and again: at first there is no queue, or still the one that goes with the old connection.
                await Eventually.IsTrueAsync($"{text} {key}", async () =>
                {
                    await client.TryPublishAsync(exchange, key, $"{text} {key}");
                    return received.ContainsKey($"{text} {key}");
                });
            }

            if (text == "before")
                relay.CutAll();
        }
    }
}

[Collection(BrokerFixture.Faulty)]
public sealed class TopologyAfterRestartTests(BrokerFixture brokers)
{
    [Fact]
    public async Task What_is_not_durable_is_there_again_after_the_broker_restarted()
    {
        var broker = await brokers.FaultyAsync(BrokerNeed.Process);
        await using var probe = await broker.ProbeAsync();
        var (queue, exchange) = (probe.NewName(), probe.NewName("exchange"));
        await using var client = await BrokerClient.ConnectAsync(broker.Uri.ToString());
        await client.DeclareExchangeAsync(exchange, ExchangeKind.Topic, new ExchangeOptions { Durable = false });
        await client.DeclareQueueAsync(queue, new QueueOptions { Durable = false, Exclusive = true });
        await client.BindQueueAsync(queue, exchange, "key.#");
        var received = new TaskCompletionSource<string>();
        await using var consumer = await client.ConsumeAsync(queue, delivery => { received.TrySetResult(delivery.GetText()); });

        await broker.KillAsync();
        await broker.StartAgainAsync();
        await Eventually.IsTrueAsync(
            "a queue for the message",
            async () => (await client.TryPublishAsync(exchange, "key.one", "after", new PublishOptions { Mandatory = true })).IsConfirmed);

        Assert.Equal("after", await received.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System));
    }
}
