namespace Broker.Client;

/// <summary>
/// Remembers, in this process and no longer than it lives, the newest messages that were handled. Bounded twice, by count and by
/// time; what has fallen out is handled once more when it comes again.
/// </summary>
/// <remarks>All state is behind one lock, which a message takes twice.</remarks>
public sealed class InMemoryDeduplicator : IDeduplicator
{
    private static readonly TimeSpan s_window = TimeSpan.FromHours(1);

    private readonly int _capacity;
    private readonly TimeSpan _window;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Queue, string Id), Entry> _entries = [];
    private readonly Queue<Entry> _handled = new(); // in the order of their ends

    /// <param name="capacity">How many it remembers; 100,000 by default, which is some 20 MB with ids of 36 characters.</param>
    /// <param name="window">For how long it remembers; null, the default, means an hour.</param>
    /// <param name="timeProvider">The clock; null, the default, means the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity or the window is not above zero.</exception>
    public InMemoryDeduplicator(int capacity = 100_000, TimeSpan? window = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window ?? s_window, TimeSpan.Zero, nameof(window));
        _capacity = capacity;
        _window = window ?? s_window;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>How many it remembers at this moment, those that are being handled included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                Forget();
                return _entries.Count;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TryBeginAsync(string queue, string messageId, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task other;
            lock (_lock)
            {
                Forget();
                if (!_entries.TryGetValue((queue, messageId), out var entry))
                {
                    _entries.Add((queue, messageId), new Entry((queue, messageId)));
                    return true;
                }

                if (entry.HandledAt is not null)
                    return false;
                other = entry.Ended.Task;
            }

            await other.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask CompleteAsync(string queue, string messageId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((queue, messageId), out var entry) && entry.HandledAt is null)
            {
                entry.HandledAt = _time.GetTimestamp();
                _handled.Enqueue(entry);
                Forget();
                entry.Ended.SetResult();
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask AbandonAsync(string queue, string messageId)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue((queue, messageId), out var entry) && entry.HandledAt is null)
            {
                _entries.Remove(entry.Key);
                entry.Ended.SetResult();
            }
        }

        return default;
    }

    private void Forget()
    {
        while (_handled.TryPeek(out var oldest)
            && (_handled.Count > _capacity || _time.GetElapsedTime(oldest.HandledAt!.Value) >= _window)) // it is among those that were handled
        {
            _handled.Dequeue();
            _entries.Remove(oldest.Key);
        }
    }

    private sealed class Entry((string Queue, string Id) key)
    {
        public (string Queue, string Id) Key { get; } = key;

        /// <summary>A timestamp of the clock; null while it is being handled.</summary>
        public long? HandledAt { get; set; }

        /// <summary>Of the handling.</summary>
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
