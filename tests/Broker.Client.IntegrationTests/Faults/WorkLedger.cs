using System.Collections.Concurrent;

namespace Broker.Client.IntegrationTests.Faults;

/// <summary>
/// What was promised and what was done: every id that was confirmed must have been handled to the end, at least once. A handler that is cut off
/// records no end, so that an ack before the end shows as a loss.
/// </summary>
public sealed class WorkLedger
{
    private readonly ConcurrentDictionary<int, int> _ended = new();
    private readonly ConcurrentDictionary<int, byte> _confirmed = new();
    private readonly ConcurrentDictionary<int, PublishOutcome> _others = new();
    private readonly ConcurrentDictionary<(int Count, TaskCompletionSource Signal), byte> _waiting = new();
    private long _lastEnd;
    private int _ends;

    public int Ends => Volatile.Read(ref _ends);

    public int Confirmed => _confirmed.Count;

    public long LastEnd => Volatile.Read(ref _lastEnd);

    public IReadOnlyDictionary<int, PublishOutcome> NotConfirmed => _others;

    public int Duplicates => _ended.Values.Sum(times => times - 1);

    public void Published(int id, PublishOutcome outcome)
    {
        if (outcome == PublishOutcome.Confirmed)
            _confirmed[id] = 0;
        else
            _others[id] = outcome;
    }

    public void Ended(int id)
    {
        _ended.AddOrUpdate(id, 1, static (_, times) => times + 1);
        Volatile.Write(ref _lastEnd, TimeProvider.System.GetTimestamp());
        var ends = Interlocked.Increment(ref _ends);
        foreach (var ((count, signal), _) in _waiting)
        {
            if (ends >= count && _waiting.TryRemove((count, signal), out _))
                signal.TrySetResult();
        }
    }

    /// <summary>Completes when so many handlers have ended in all.</summary>
    public Task WaitForEndsAsync(int count, TimeSpan limit)
    {
        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[(count, signal)] = 0;
        if (Ends >= count)
            signal.TrySetResult();
        return signal.Task.WaitAsync(limit, TimeProvider.System);
    }

    public List<int> Lost() => [.. _confirmed.Keys.Where(id => !_ended.ContainsKey(id)).Order()];

    /// <summary>Waits until nothing that was confirmed is missing.</summary>
    public async Task AssertNothingLostAsync(TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Lost() is { Count: > 0 } lost)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < limit,
                $"{lost.Count} of {Confirmed} confirmed messages were not handled to the end: {string.Join(", ", lost.Take(20))}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
