using System.Buffers.Binary;
using System.Collections.Concurrent;
using Broker.Client.IntegrationTests.Brokers;

namespace Broker.Client.IntegrationTests.Faults;

/// <summary>What can end a consumer behind its back, and must not.</summary>
public sealed class ConsumerFaultTests(BrokerFixture brokers)
{
    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_queue_of_ours_that_is_deleted_is_declared_again_with_its_bindings_and_consumed()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, exchange) = (probe.NewName(), probe.NewName("exchange"));
        await using var client = await BrokerClient.ConnectAsync(brokers.Shared.Uri.ToString());
        await client.DeclareExchangeAsync(exchange, ExchangeKind.Fanout);
        await client.DeclareQueueAsync(queue);
        await client.BindQueueAsync(queue, exchange);
        var ledger = new ConcurrentQueue<string>();
        var came = new SemaphoreSlim(0);
        await using var consumer = await client.ConsumeAsync(queue, delivery =>
        {
            ledger.Enqueue(delivery.GetText());
            came.Release();
        });
        await client.SendAsync(queue, "before");
        Assert.True(await came.WaitAsync(s_back));

        await probe.DeleteAsync(queue);
        await probe.WaitForConsumersOfNewQueueAsync(queue, s_back);
        await client.PublishAsync(exchange, "", "after", new PublishOptions { Mandatory = true });

        Assert.True(await came.WaitAsync(s_back));
        Assert.Equal(["before", "after"], ledger);
        Assert.False(consumer.Completion.IsCompleted);
    }

    [Theory]
    [InlineData(QueueKind.Classic)]
    [InlineData(QueueKind.Quorum)]
    public async Task A_queue_of_someone_else_that_is_deleted_and_declared_again_is_consumed_again(QueueKind kind)
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var queue = probe.NewName();
        await probe.DeclareAsync(queue, kind);
        var logs = new CapturedLogs();
        await using var client = await BrokerClient.ConnectAsync(logs.OptionsFor(brokers.Shared.Uri));
        var came = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await client.ConsumeAsync(queue, delivery => { came.TrySetResult(delivery.GetText()); });

        await probe.DeleteAsync(queue);
        // RabbitMQ 3.10 tells nobody when a quorum queue of the same name is there again before its channels have looked.
        await logs.WaitForAsync(line => line.Id == 4001, s_back);
        await probe.DeclareAsync(queue, kind);
        await probe.PublishAsync(queue, "after");

        Assert.Equal("after", await came.Task.WaitAsync(s_back, TimeProvider.System));
    }

    [Fact]
    public async Task A_channel_that_the_broker_closes_takes_no_other_consumer_along()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var logs = new CapturedLogs();
        await using var client = await BrokerClient.ConnectAsync(logs.OptionsFor(relay.Uri));
        var queues = Enumerable.Range(0, 5).Select(_ => probe.NewName()).ToArray();
        var came = queues.ToDictionary(queue => queue, _ => new SemaphoreSlim(0));
        var consumers = new List<Consumer>();
        foreach (var queue in queues)
        {
            await client.DeclareQueueAsync(queue);
            consumers.Add(await client.ConsumeAsync(queue, delivery => { came[delivery.Queue].Release(); }));
        }

        // Channel 1 declares, channels 2 to 6 consume. An ack of a tag that was never given is a 406 for the third of them.
        await relay.InjectAsync(AckFrame(channel: 4, tag: 999_999));
        var closed = await logs.WaitForAsync(line => line.Id == 4001, s_back);
        foreach (var queue in queues)
            await probe.PublishAsync(queue, "after");

        foreach (var queue in queues)
            Assert.True(await came[queue].WaitAsync(s_back), $"{queue} is not consumed any more");
        Assert.Contains("406", closed.Text, StringComparison.Ordinal);
        Assert.Contains(queues[2], closed.Text, StringComparison.Ordinal);
        Assert.Single(logs.Lines, line => line.Id == 4001);
        Assert.Equal(1, relay.Accepted);
        Assert.All(consumers, consumer => Assert.False(consumer.Completion.IsCompleted));
        await client.DisposeAsync();
    }

    [Fact]
    public async Task The_ack_of_a_handler_that_outlives_its_connection_goes_nowhere_and_its_message_comes_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        var logs = new CapturedLogs();
        await using var client = await BrokerClient.ConnectAsync(logs.OptionsFor(relay.Uri));
        var queue = probe.NewName();
        await client.DeclareQueueAsync(queue);
        await client.SendAsync(queue, "long");
        var runs = new ConcurrentQueue<(bool Redelivered, CancellationToken Gone)>();
        var began = new SemaphoreSlim(0);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var overlapping = 0;
        var most = 0;
        await using var consumer = await client.ConsumeAsync(queue, async (delivery, gone) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref overlapping));
            runs.Enqueue((delivery.Redelivered, gone));
            began.Release();
            await mayEnd.Task;
            Interlocked.Decrement(ref overlapping);
        });
        Assert.True(await began.WaitAsync(s_patience));

        relay.CutAll();
        await logs.WaitForAsync(line => line.Id == 4000, s_back, times: 2); // consuming again
        mayEnd.SetResult();
        Assert.True(await began.WaitAsync(s_back));
        await probe.WaitForCountAsync(queue, 0);
        await consumer.StopAsync();

        var (first, second) = (runs.First(), runs.Last());
        Assert.Equal(2, runs.Count);
        Assert.False(first.Redelivered);
        Assert.True(first.Gone.IsCancellationRequested);
        Assert.True(second.Redelivered);
        Assert.Equal(1, most);
        Assert.Equal(0u, await probe.CountAsync(queue));
        Assert.DoesNotContain(logs.Lines, line => line.Text.Contains("unknown delivery tag", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Twenty_cuts_lose_nothing_that_was_confirmed()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        await using var relay = new TcpRelay(brokers.Shared.Uri);
        await using var client = await BrokerClient.ConnectAsync(relay.Uri.ToString());
        var queue = probe.NewName();
        await client.DeclareQueueAsync(queue);
        await using var load = await Load.StartAsync(client, queue);
        await load.Ledger.WaitForEndsAsync(100, s_patience);

        for (var cut = 0; cut < 20; cut++)
        {
            relay.CutAll(reset: cut % 2 == 0);
            var before = load.Ledger.Ends;
            await load.Ledger.WaitForEndsAsync(before + 50, s_back);
        }

        await load.StopPublishingAsync();
        await load.Ledger.AssertNothingLostAsync(s_patience);
        Assert.Empty(load.Ledger.NotConfirmed);
        Assert.True(relay.Accepted >= 21, $"The fault bit {relay.Accepted} times.");
    }

    private static byte[] AckFrame(ushort channel, ulong tag)
    {
        var frame = new byte[7 + 13 + 1];
        frame[0] = 1; // method
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), 13);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(7), 60); // basic
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(9), 80); // ack
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(11), tag);
        frame[^1] = 0xCE;
        return frame;
    }
}
