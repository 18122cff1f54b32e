namespace Broker.Client;

/// <summary>
/// Work that many ask for and one does at a time: whoever asks does it, unless somebody is at it, who then does it once
/// more. No thread is woken up for it, and nobody who asks is forgotten.
/// </summary>
internal sealed class SoleWorker(Func<Task> work)
{
    private long _asked;

    /// <summary>Returns at the first wait of the work; what the work throws is its own to deal with.</summary>
    public void Ask()
    {
        if (Interlocked.Increment(ref _asked) != 1)
            return;
        // What goes on behind the caller's back has no part in the caller's context, which may be that of a handler.
        using (Detached.Suppress())
            Bounded.ObserveLater(RunAsync());
    }

    private async Task RunAsync()
    {
        long seen;
        do
        {
            seen = Volatile.Read(ref _asked);
            await work().ConfigureAwait(false);
        }
        while (Interlocked.CompareExchange(ref _asked, 0, seen) != seen); // asked for since, perhaps too late to be seen
    }
}
