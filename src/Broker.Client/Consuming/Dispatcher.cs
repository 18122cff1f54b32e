namespace Broker.Client;

/// <summary>
/// The lanes of a consumer: each takes an item, handles it, and takes the next. One lane keeps the order;
/// several do not. Lanes outlive connections, so that a message which comes again does not start in a lane where
/// its first handler still runs.
/// </summary>
internal sealed class Dispatcher<T>(int lanes, Func<ValueTask<T?>> take, Func<T, Task> handle)
    where T : struct
{
    private int _running;

    /// <summary>How many lanes are in a handler.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Completes when there is nothing more to take and the last handler has returned.</summary>
    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(RunLaneAsync)));

    private async Task RunLaneAsync()
    {
        while (await take().ConfigureAwait(false) is { } item)
        {
            Interlocked.Increment(ref _running);
            try
            {
                await handle(item).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
