namespace Broker.Client;

/// <summary>
/// What all streams of one client may have under way together: a broker that takes nothing costs no more memory than
/// this. First come, first served. Full once, it opens again when a quarter is free, so that one wake-up is for many
/// messages.
/// </summary>
internal sealed class PublishRoom(int messages, long bytes)
{
    private readonly Lock _lock = new();
    private readonly PublishWindow _taken = new(messages, bytes);
    private readonly Queue<Waiter> _waiting = new();

    /// <summary>Completes when there is room, which is taken then.</summary>
    public ValueTask TakeAsync(int size, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            Admit(); // those who were cancelled stand in nobody's way
            if (_waiting.Count == 0 && _taken.HasRoomFor(size))
            {
                _taken.Take(size);
                return default;
            }

            _waiting.Enqueue(waiter = new Waiter(size));
        }

        return new ValueTask(waiter.WaitAsync(cancellationToken));
    }

    public void Release(int size)
    {
        lock (_lock)
        {
            _taken.Release(size);
            if (_taken.Messages <= messages - (messages / 4) && _taken.Bytes <= bytes - (bytes / 4))
                Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.TryPeek(out var first) && (first.Task.IsCompleted || _taken.HasRoomFor(first.Size)))
        {
            _waiting.Dequeue();
            if (first.TrySetResult())
                _taken.Take(first.Size);
        }
    }

    private sealed class Waiter(int size) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Size => size;

        public async Task WaitAsync(CancellationToken cancellationToken)
        {
            await using var registration = cancellationToken.UnsafeRegister(
                static (self, token) => ((Waiter)self!).TrySetCanceled(token), this).ConfigureAwait(false); // with itself
            await Task.ConfigureAwait(false);
        }
    }
}
