using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;

namespace Broker.Client.IntegrationTests.Topology;

/// <summary>Looking up, purging and deleting.</summary>
public sealed class QueueOperationTests(BrokerFixture brokers)
{
    private static readonly QueueOptions s_classic = new() { Type = QueueType.Classic };

    [Fact]
    public async Task A_queue_that_does_not_exist_is_not_found()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var found = await broker.FindQueueAsync($"missing.{Guid.NewGuid():n}").InTime();

        Assert.Null(found);
    }

    [Fact]
    public async Task A_queue_is_found_with_its_messages_and_consumers()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await using var consumer = await broker.ConsumeAsync(queue, (_, token) => Patience.ForeverAsync(token), new() { Prefetch = 1, DrainTimeout = TimeSpan.FromSeconds(0.1) });
        await probe.PublishAsync(queue, "one", "two", "three");
        await probe.WaitForCountAsync(queue, 2);

        var found = await broker.FindQueueAsync(queue).InTime();

        Assert.Equal(new QueueInfo(queue, 2, 1), found);
    }

    [Fact]
    public async Task Declaring_tells_how_many_messages_there_are()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await probe.PublishAsync(queue, "one", "two");

        var info = await broker.DeclareQueueAsync(queue, s_classic).InTime();

        Assert.Equal(new QueueInfo(queue, 2, 0), info);
    }

    [Fact]
    public async Task Purging_removes_the_messages_and_counts_them()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await probe.PublishAsync(queue, "one", "two", "three");

        var purged = await broker.PurgeQueueAsync(queue).InTime();

        Assert.Equal(3u, purged);
        Assert.Empty(await probe.DrainAsync(queue));
    }

    [Fact]
    public async Task Deleting_counts_the_messages_that_went_with_the_queue()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        await probe.PublishAsync(queue, "one", "two", "three");

        var deleted = await broker.DeleteQueueAsync(queue).InTime();

        Assert.Equal(3u, deleted);
        Assert.False(await probe.ExistsAsync(queue));
    }

    [Fact]
    public async Task Deleting_a_queue_that_does_not_exist_is_no_error()
    {
        await using var broker = await brokers.Shared.ConnectAsync();

        var deleted = await broker.DeleteQueueAsync($"missing.{Guid.NewGuid():n}").InTime();

        Assert.Equal(0u, deleted);
    }

    [Theory]
    [InlineData(QueueKind.Classic)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_queue_with_a_consumer_is_not_deleted_if_unused_was_asked_for(QueueKind kind)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, kind);
        await using var consumer = await broker.ConsumeAsync(queue, _ => { });

        var error = await Assert.ThrowsAnyAsync<BrokerException>(() => broker.DeleteQueueAsync(queue, ifUnused: true).InTime());

        Assert.IsType<TopologyException>(error);
        Assert.True(await probe.ExistsAsync(queue));
        // Quorum queues do not offer it: "not implemented".
        Assert.Equal(kind == QueueKind.Quorum ? 540 : 406, error.ReplyCode);
    }

    [Fact]
    public async Task A_queue_with_messages_is_not_deleted_if_empty_was_asked_for()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe, s_classic);
        await probe.PublishAsync(queue, "kept");

        var error = await Assert.ThrowsAsync<TopologyException>(() => broker.DeleteQueueAsync(queue, ifEmpty: true).InTime());

        Assert.Equal(406, error.ReplyCode);
        Assert.Contains(queue, error.Message, StringComparison.Ordinal);
        Assert.Equal(1u, await probe.CountAsync(queue));
    }

    [Theory]
    [InlineData("bind to a missing exchange")]
    [InlineData("bind a missing queue")]
    [InlineData("purge")]
    public async Task What_is_missing_is_named_and_the_error_says_what_to_do(string what)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var broker = await brokers.Shared.ConnectAsync();
        var queue = await broker.DeclareAsync(probe);
        var missing = $"missing.{Guid.NewGuid():n}";

        var error = await Assert.ThrowsAsync<TopologyException>(() => what switch
        {
            "bind to a missing exchange" => broker.BindQueueAsync(queue, missing).InTime(),
            "bind a missing queue" => broker.BindQueueAsync(missing, "amq.direct").InTime(),
            _ => broker.PurgeQueueAsync(missing).InTime(),
        });

        Assert.Equal(404, error.ReplyCode);
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        Assert.Contains("Declare it first", error.Message, StringComparison.Ordinal);
        Assert.Contains("'/'", error.Message, StringComparison.Ordinal);
    }
}
