using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>A declaration that fails costs nobody but its caller.</summary>
public sealed class RefusedDeclarationTests(BrokerFixture brokers)
{
    [Fact]
    public async Task A_refused_declaration_disturbs_neither_a_consumer_nor_publishes_under_way()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var other = await broker.DeclareAsync(probe, new QueueOptions { MaxLength = 5 });
        var seen = new Collected<(string Text, bool Redelivered)>();
        await using var consumer = await broker.ConsumeAsync(queue, delivery => seen.Add((delivery.GetText(), delivery.Redelivered)));

        var sending = broker.SendAllAsync(queue, Clients.Numbers(500));
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareQueueAsync(other).InTime());
            await Assert.ThrowsAsync<TopologyException>(() => broker.BindQueueAsync(other, "missing").InTime());
        }

        await sending;
        Assert.Equal(Clients.Numbers(500).Select(text => (text, false)), await seen.ReachAsync(500));
        Assert.Equal(BrokerConnectionState.Connected, broker.State);
    }

    [Fact]
    public async Task Declarations_side_by_side_get_each_its_own_answer()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var existing = await broker.DeclareAsync(probe, new QueueOptions { MaxLength = 5 });
        var names = Enumerable.Range(0, 10).Select(_ => probe.NewName()).ToArray();

        var good = names.Select(name => broker.DeclareQueueAsync(name, new() { Type = QueueType.Classic }).AsTask()).ToArray();
        var bad = names.Select(_ => Record.ExceptionAsync(() => broker.DeclareQueueAsync(existing).AsTask()).AsTask()).ToArray();

        Assert.Equal(names, (await Task.WhenAll(good).InTime()).Select(info => info.Name));
        Assert.All(await Task.WhenAll(bad).InTime(), error => Assert.Equal(406, Assert.IsType<TopologyException>(error).ReplyCode));
    }
}
