using Broker.Client.Tests.Support;
using RabbitMQ.Client;

namespace Broker.Client.Tests.Deduplication;

public sealed class DeduplicationFilterTests
{
    private readonly InMemoryDeduplicator _memory = new();
    private readonly NotedVerdicts _settlement = new();
    private readonly List<string> _handled = [];
    private readonly DeduplicationFilter _filter;

    public DeduplicationFilterTests() => _filter = new DeduplicationFilter(_memory);

    [Fact]
    public async Task A_copy_of_what_was_handled_is_not_handled()
    {
        await HandleAsync("1");
        await HandleAsync("2");
        await HandleAsync("1");

        Assert.Equal(["1", "2"], _handled);
    }

    [Fact]
    public async Task What_has_no_id_passes_each_time()
    {
        await HandleAsync(null);
        await HandleAsync(null);
        await HandleAsync("");

        Assert.Equal(3, _handled.Count);
        Assert.Equal(0, _memory.Count);
    }

    [Fact]
    public async Task What_comes_from_a_stream_passes_for_each_of_its_subscribers()
    {
        var handler = ConsumeFilters.Around(
            (_, _) =>
            {
                _handled.Add("");
                return default;
            },
            new ConsumerOptions { Filters = [_filter] });
        var properties = new BasicProperties { MessageId = "1", Headers = new Dictionary<string, object?> { ["x-stream-offset"] = 7L } };

        await handler(Deliveries.New(properties), default);
        await handler(Deliveries.New(properties), default);

        Assert.Equal(2, _handled.Count);
        Assert.Equal(0, _memory.Count);
    }

    [Fact]
    public async Task What_failed_is_handled_when_it_comes_again()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => HandleAsync("1", static _ => throw new TimeoutException()));
        await HandleAsync("1");

        Assert.Equal(["1", "1"], _handled);
    }

    [Theory]
    [InlineData(AckMode.AfterHandler)]
    [InlineData(AckMode.Manual)]
    public async Task What_its_handler_sends_back_or_gives_up_is_handled_when_it_comes_again(AckMode mode)
    {
        await HandleAsync("retried", static async delivery => await delivery.RetryAsync(), mode);
        await HandleAsync("released", static async delivery => await delivery.ReleaseAsync(), mode);
        await HandleAsync("given up", static async delivery => await delivery.DeadLetterAsync(), mode);

        Assert.Equal(0, _memory.Count);
    }

    [Fact]
    public async Task By_hand_only_what_was_acknowledged_before_the_return_is_remembered()
    {
        await HandleAsync("later", mode: AckMode.Manual);
        await HandleAsync("at once", static async delivery => await delivery.AckAsync(), AckMode.Manual);
        await HandleAsync("later", mode: AckMode.Manual);
        await HandleAsync("at once", mode: AckMode.Manual);

        Assert.Equal(["later", "at once", "later"], _handled);
        Assert.Equal([Verdict.Ack, Verdict.Ack], _settlement.Verdicts); // the copy's too
    }

    [Fact]
    public async Task What_acknowledges_itself_and_then_throws_was_handled()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => HandleAsync("1", static async delivery =>
        {
            await delivery.AckAsync();
            throw new TimeoutException();
        }));
        await HandleAsync("1");

        Assert.Equal(["1"], _handled);
    }

    [Fact]
    public async Task Of_a_batch_copies_are_left_out_also_those_that_come_with_it()
    {
        await HandleAsync("2");
        var batch = new List<string?>();

        await HandleBatchAsync(["3", "2", null, "3", "1", null], batch);
        await HandleBatchAsync(["1", "2", "3"], batch);

        Assert.Equal(["3", null, "1", null], batch);
    }

    [Fact]
    public async Task Of_a_batch_that_failed_only_what_was_acknowledged_is_remembered()
    {
        var batch = new List<string?>();

        await Assert.ThrowsAsync<TimeoutException>(() => HandleBatchAsync(["1", "2"], batch, static async deliveries =>
        {
            await deliveries[0].AckAsync();
            throw new TimeoutException();
        }));
        await HandleBatchAsync(["1", "2"], batch);

        Assert.Equal(["1", "2", "2"], batch);
    }

    [Fact]
    public async Task Two_batches_with_the_same_ids_in_other_orders_never_wait_for_each_other()
    {
        var memory = new Meeting(_memory);
        var (filter, handled) = (new DeduplicationFilter(memory), 0);

        await Task.WhenAll(HandleAsync("1", "2"), HandleAsync("2", "1")).SoonAsync();

        Assert.Equal(2, handled);

        Task HandleAsync(params string[] ids) => Task.Run(async () => await filter.HandleBatchAsync(
            [.. ids.Select(New)],
            (deliveries, _) =>
            {
                Interlocked.Add(ref handled, deliveries.Count);
                return default;
            },
            default));
    }

    [Fact]
    public async Task What_cannot_be_remembered_counts_as_not_handled()
    {
        var filter = new DeduplicationFilter(new Forgetful(_memory));

        await Assert.ThrowsAsync<IOException>(async () => await filter.HandleAsync(New("1"), static (_, _) => default, default));

        Assert.Equal(0, _memory.Count);
    }

    private AmqpDelivery New(string? id) => Deliveries.New(id is null ? null : new BasicProperties { MessageId = id }, _settlement);

    private async Task HandleAsync(string? id, Func<Delivery, Task>? handler = null, AckMode mode = AckMode.AfterHandler) =>
        await ConsumeFilters.Around(
            async (delivery, _) =>
            {
                _handled.Add(id ?? "");
                if (handler is not null)
                    await handler(delivery);
            },
            new ConsumerOptions { AckMode = mode, Filters = [_filter] })(New(id), default);

    private async Task HandleBatchAsync(string?[] ids, List<string?> handled, Func<IReadOnlyList<Delivery>, Task>? handler = null) =>
        await ConsumeFilters.AroundBatches(
            async (deliveries, _) =>
            {
                lock (handled)
                    handled.AddRange(deliveries.Select(each => each.MessageId));
                if (handler is not null)
                    await handler(deliveries);
            },
            new ConsumerOptions { Filters = [_filter] })([.. ids.Select(New)], default);

    /// <summary>Lets nobody have a message before two have asked for one.</summary>
    private sealed class Meeting(IDeduplicator memory) : IDeduplicator
    {
        private readonly TaskCompletionSource _both = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;

        public async ValueTask<bool> TryBeginAsync(string queue, string messageId, CancellationToken cancellationToken)
        {
            var beginning = memory.TryBeginAsync(queue, messageId, cancellationToken);
            if (Interlocked.Increment(ref _asked) == 2)
                _both.SetResult();
            await _both.Task;
            return await beginning;
        }

        public ValueTask CompleteAsync(string queue, string messageId, CancellationToken cancellationToken) => memory.CompleteAsync(queue, messageId, cancellationToken);

        public ValueTask AbandonAsync(string queue, string messageId) => memory.AbandonAsync(queue, messageId);
    }

    private sealed class Forgetful(IDeduplicator memory) : IDeduplicator
    {
        public ValueTask<bool> TryBeginAsync(string queue, string messageId, CancellationToken cancellationToken) => memory.TryBeginAsync(queue, messageId, cancellationToken);

        public ValueTask CompleteAsync(string queue, string messageId, CancellationToken cancellationToken) => throw new IOException("The database is away.");

        public ValueTask AbandonAsync(string queue, string messageId) => memory.AbandonAsync(queue, messageId);
    }
}
