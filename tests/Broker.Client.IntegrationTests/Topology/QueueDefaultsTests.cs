using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>What a queue is when little or nothing is said of it.</summary>
public sealed class QueueDefaultsTests(BrokerFixture brokers)
{
    [Fact]
    public async Task The_default_is_a_durable_quorum_queue_with_no_other_argument()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe);

        Assert.Null(await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "quorum" }));
        Assert.StartsWith("406", await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "classic" }), StringComparison.Ordinal);
        Assert.StartsWith("406", await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "quorum", ["x-max-length"] = 10 }), StringComparison.Ordinal);
        Assert.StartsWith("406", await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "quorum", ["x-message-ttl"] = 10_000 }), StringComparison.Ordinal);
        Assert.StartsWith("406", await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "quorum", ["x-overflow"] = "reject-publish" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Type_classic_matches_a_queue_that_was_declared_without_arguments(bool emptyTable)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = probe.NewName();
        await raw.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, emptyTable ? new Dictionary<string, object?>() : null);

        var info = await broker.DeclareQueueAsync(queue, new QueueOptions { Type = QueueType.Classic }).InTime();

        Assert.Equal(new QueueInfo(queue, 0, 0), info);
    }

    [Fact]
    public async Task A_program_that_declares_without_arguments_finds_our_classic_queue_to_be_its_own()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe, new QueueOptions { Type = QueueType.Classic });

        Assert.Null(await raw.RedeclareAsync(queue, arguments: null));
    }

    [Fact]
    public async Task The_error_of_the_default_over_a_classic_queue_prints_the_line_that_matches()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = probe.NewName();
        await raw.Channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeclareQueueAsync(queue).InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains("`new QueueOptions { Type = QueueType.Classic }`", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_auto_deleted_queue_is_classic()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe, new QueueOptions { AutoDelete = true });

        Assert.Null(await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "classic" }, autoDelete: true));
        Assert.Matches("^406 .*auto_delete", await raw.RedeclareAsync(queue, new() { ["x-queue-type"] = "classic" }));
    }

    [Fact]
    public async Task An_exclusive_queue_is_locked_to_its_client_and_goes_with_it()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        var broker = await brokers.Shared.ConnectAsync();

        var queue = await broker.DeclareAsync(probe, new QueueOptions { Exclusive = true });

        Assert.StartsWith("405", await raw.RefusalAsync(channel => channel.QueueDeclarePassiveAsync(queue)), StringComparison.Ordinal);
        await broker.SendAsync(queue, "mine").InTime();
        Assert.Equal("mine", (await broker.GetAsync(queue).InTime())?.GetText());
        await broker.DisposeAsync();
        Assert.False(await probe.ExistsAsync(queue));
    }

    [Fact]
    public async Task Unnamed_queues_get_unique_names_and_are_exclusive()
    {
        await using var raw = await RawChannel.OpenAsync(brokers.Shared);
        await using var broker = await brokers.Shared.ConnectAsync();

        var first = await broker.DeclareQueueAsync().InTime();
        var second = await broker.DeclareQueueAsync("").InTime();

        Assert.NotEqual(first.Name, second.Name);
        Assert.StartsWith("405", await raw.RefusalAsync(channel => channel.QueueDeclarePassiveAsync(first.Name)), StringComparison.Ordinal);
        Assert.StartsWith("405", await raw.RefusalAsync(channel => channel.QueueDeclarePassiveAsync(second.Name)), StringComparison.Ordinal);
    }
}
