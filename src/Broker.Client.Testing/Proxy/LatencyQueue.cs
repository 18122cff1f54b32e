using System.Threading.Channels;

namespace Broker.Client.Testing;

/// <summary>Bytes that wait until they are due. Beside the pump, so that a delay does not limit throughput.</summary>
internal sealed class LatencyQueue(FaultProxy proxy, int connection, FaultDirection direction)
{
    private const int MostWaiting = 4096;

    private readonly Channel<Item> _items = Channel.CreateBounded<Item>(MostWaiting);
    private readonly Random _random = proxy.NewRandom(connection * 2 + (int)direction);
    private DateTimeOffset _lastDue;
    private int _waiting;

    public bool IsEmpty => Volatile.Read(ref _waiting) == 0;

    public ValueTask AddAsync(ReadOnlyMemory<byte> bytes, LineFault? latency, CancellationToken token)
    {
        if (latency is not null)
        {
            latency.Handle.BiteOnce(connection, direction);
            var due = proxy.Time.GetUtcNow() + latency.Delay + latency.Jitter * (_random.NextDouble() * 2 - 1);
            if (due > _lastDue) _lastDue = due;
        }

        return PutAsync(new Item(bytes.ToArray(), _lastDue, null), token);
    }

    public async ValueTask DrainAsync(CancellationToken token)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await PutAsync(new Item(default, _lastDue, done), token).ConfigureAwait(false);
        await done.Task.WaitAsync(token).ConfigureAwait(false);
    }

    public async Task RunAsync(Func<ReadOnlyMemory<byte>, ValueTask> write, Func<LineFault?> latency,
        CancellationToken token)
    {
        await foreach (var item in _items.Reader.ReadAllAsync(token).ConfigureAwait(false))
        {
            await DueAsync(item.Due, latency, token).ConfigureAwait(false);
            await write(item.Bytes).ConfigureAwait(false);
            Interlocked.Decrement(ref _waiting);
            item.Done?.SetResult();
        }
    }

    private ValueTask PutAsync(Item item, CancellationToken token)
    {
        Interlocked.Increment(ref _waiting);
        return _items.Writer.WriteAsync(item, token);
    }

    // A fault that is lifted lets go at once what it delayed.
    private async ValueTask DueAsync(DateTimeOffset due, Func<LineFault?> latency, CancellationToken token)
    {
        while (true)
        {
            var change = proxy.NextChange;
            var wait = due - proxy.Time.GetUtcNow();
            if (wait <= TimeSpan.Zero || latency() is null) return;

            using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
            await Task.WhenAny(Task.Delay(wait, proxy.Time, over.Token), change).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            token.ThrowIfCancellationRequested();
        }
    }

    private readonly record struct Item(ReadOnlyMemory<byte> Bytes, DateTimeOffset Due, TaskCompletionSource? Done);
}
