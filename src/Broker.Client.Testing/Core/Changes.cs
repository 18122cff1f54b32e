namespace Broker.Client.Testing;

/// <summary>Tells those outside that something happened inside, so that they wait on a signal and never poll.</summary>
internal sealed class Changes(Lock gate)
{
    private TaskCompletionSource? _next;

    public long Version { get; private set; }

    /// <summary>Called under the lock.</summary>
    public void Signal()
    {
        Version++;
        _next?.TrySetResult();
        _next = null;
    }

    /// <summary>Completes when the condition, which is asked under the lock, holds.</summary>
    public async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (gate)
            {
                if (condition()) return;
                _next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _next.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
