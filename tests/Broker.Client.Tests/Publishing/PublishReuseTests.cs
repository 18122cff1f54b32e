using System.Collections.Concurrent;
using Broker.Client.Tests.Support;

namespace Broker.Client.Tests.Publishing;

/// <summary>
/// Publishes that are used again, with all at once who hold one in a lane: callers, the writer, the driver's reader and the sweeper. Each caller
/// must be told of its own message, and of no other.
/// </summary>
public sealed class PublishReuseTests
{
    private const int Callers = 8;
    private const int PublishesEach = 5_000;
    private const long OverdueFromStart = 0;
    private static readonly HashSet<string> s_defaultExchange = [""];

    private readonly PublishPool _pool = new(capacity: 64);
    private readonly PublishBacklog _backlog = new(windowMessages: 32, windowBytes: long.MaxValue);
    private readonly object _channel = new();
    private readonly ConcurrentQueue<ulong> _onTheWire = new();
    private int _running = Callers;
    private int _ends;

    [Fact]
    public async Task Every_result_is_of_its_own_publish()
    {
        _backlog.Attach(_channel);

        Func<Task>[] lane = [WriteAsync, ConfirmAsync, SweepAsync];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(caller)))
            .Concat(lane.Select(loop => Task.Run(async () =>
            {
                await loop();
                return Array.Empty<PublishOutcome>();
            })))).SoonAsync();

        var all = outcomes.SelectMany(each => each).ToList();
        Assert.Equal(Callers * PublishesEach, all.Count);
        Assert.Equal(all.Count, _ends); // each one's end is told once
        Assert.Subset(
            all.ToHashSet(),
            new HashSet<PublishOutcome> { PublishOutcome.Confirmed, PublishOutcome.Returned, PublishOutcome.Rejected, PublishOutcome.NotSent });
    }

    private async Task<PublishOutcome[]> CallAsync(int caller)
    {
        try
        {
            var random = new Random(caller);
            var outcomes = new List<PublishOutcome>();
            var underWay = new Queue<(string Id, int Bytes, ValueTask<PublishResult> Result)>();
            for (var number = 0; number < PublishesEach; number++)
            {
                underWay.Enqueue(Publish($"{caller} {number}", random));
                if (underWay.Count == 8)
                    await TakeAsync();
            }

            while (underWay.Count > 0)
                await TakeAsync();
            return [.. outcomes];

            async Task TakeAsync()
            {
                var (id, _, publish) = underWay.Dequeue();
                var result = await publish;
                Assert.Equal(id, result.MessageId);
                // The lane answers each message by what its id ends in.
                Assert.True(
                    result.Outcome is PublishOutcome.NotSent or PublishOutcome.Unknown || result.Outcome == OutcomeOf(id), $"{id} ended {result}.");
                outcomes.Add(result.Outcome);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private (string Id, int Bytes, ValueTask<PublishResult> Result) Publish(string id, Random random)
    {
        var bytes = random.Next(100);
        var fate = random.Next(8);
        var publish = _pool.Rent().Prepare(
            new Publication("", "queue", new Message(new byte[bytes]) { MessageId = id }), throws: false, calledAt: 0,
            deadlineAt: fate == 0 ? OverdueFromStart : long.MaxValue, OnEnded);
        var cancelled = fate is 1 or 2 ? new CancellationTokenSource() : null;
        var result = publish.Start(cancelled?.Token ?? default);
        Assert.True(_backlog.TryAdd(publish));
        if (cancelled is not null)
            _ = fate == 1 ? cancelled.CancelAsync() : Task.Run(cancelled.Cancel);
        return (id, bytes, result);

        void OnEnded(int ended)
        {
            Assert.Equal(bytes, ended);
            Interlocked.Increment(ref _ends);
        }
    }

    private async Task WriteAsync()
    {
        while (Volatile.Read(ref _running) > 0)
        {
            if (_backlog.Next(alone: false, s_defaultExchange, now: 1) is { Publish: { } publish } turn)
            {
                // What is on the wire is what was put there, however its publish ended meanwhile.
                if (OutcomeOf(publish.MessageId) == PublishOutcome.Returned)
                    _backlog.MarkReturned(_channel, turn.Number, "", 312, publish.MessageId);
                _onTheWire.Enqueue((turn.Number << 1) | (OutcomeOf(publish.MessageId) == PublishOutcome.Rejected ? 1ul : 0));
            }
            else
            {
                await Task.Yield();
            }
        }
    }

    private async Task ConfirmAsync()
    {
        while (Volatile.Read(ref _running) > 0)
        {
            if (_onTheWire.TryDequeue(out var written))
                _backlog.Settle(_channel, written >> 1, multiple: false, accepted: (written & 1) == 0);
            else
                await Task.Yield();
        }
    }

    private async Task SweepAsync()
    {
        while (Volatile.Read(ref _running) > 0)
        {
            _backlog.Sweep(static publish =>
            {
                if (!publish.HasEnded && publish.DeadlineAt == OverdueFromStart)
                    publish.GiveUp("late");
            });
            await Task.Yield();
        }
    }

    private static PublishOutcome OutcomeOf(string id) => id[^1] switch
    {
        '3' => PublishOutcome.Returned,
        '7' => PublishOutcome.Rejected,
        _ => PublishOutcome.Confirmed,
    };
}
