using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Connection;
using Broker.Client.IntegrationTests.Support;
using Broker.Client.Testing;

namespace Broker.Client.IntegrationTests.Consuming;

/// <summary>Where a consumer of a stream begins, and where it goes on.</summary>
public sealed class StreamOffsetTests(BrokerFixture brokers)
{
    private static readonly QueueOptions s_stream = new() { Type = QueueType.Stream };

    [Fact]
    public async Task It_begins_where_it_was_told_to()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_stream);
        await broker.SendAllAsync(queue, Clients.Numbers(20));

        Assert.Equal(Clients.Numbers(20), await SeenAsync(StreamOffset.First, 20));
        Assert.Equal(Clients.Numbers(20).Skip(15), await SeenAsync(StreamOffset.At(15), 5));
        Assert.Equal(Clients.Numbers(20), await SeenAsync(StreamOffset.Since(TimeProvider.System.GetUtcNow().AddHours(-1)), 20));
        Assert.Equal(Clients.Numbers(20), await SeenAsync(StreamOffset.Ago(TimeSpan.FromHours(1)), 20));
        var later = SeenAsync(StreamOffset.Next, 1, then: () => broker.SendAsync(queue, "later").AsTask());
        Assert.Equal(["later"], await later);

        async Task<IReadOnlyList<string>> SeenAsync(StreamOffset offset, int count, Func<Task>? then = null)
        {
            var seen = new Collected<string>();
            await using var consumer = await broker.ConsumeAsync(
                queue, delivery => seen.Add(delivery.GetText()), new() { StreamOffset = offset });
            if (then is not null)
                await then();
            return await seen.ReachAsync(count);
        }
    }

    [Fact]
    public async Task After_a_cut_it_goes_on_with_the_first_message_that_is_not_handled()
    {
        brokers.Shared.Require(BrokerNeed.Streams);
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var proxy = await FaultProxy.StartAsync(brokers.Shared.Uri);
        await using var broker = await proxy.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_stream);
        var (seen, gate) = (new Collected<string>(), new Signal());
        await using var consumer = await broker.ConsumeAsync(queue, async delivery =>
        {
            seen.Add(delivery.GetText());
            if (seen.Count == 6)
                await gate.Task;
        });
        await broker.SendAllAsync(queue, Clients.Numbers(10));
        await seen.ReachAsync(6);

        proxy.Connections[0].Reset();
        await probe.PublishAsync(queue, "while it was away");
        await Eventually.IsTrueAsync("the status", () => consumer.Status is { Restarts: 1, State: ConsumerState.Consuming });
        gate.Set();

        // The handler of the sixth ended well, though its channel had gone by then.
        string[] expected = [.. Clients.Numbers(10), "while it was away"];
        Assert.Equal(expected, await seen.ReachAsync(expected.Length));
    }
}
