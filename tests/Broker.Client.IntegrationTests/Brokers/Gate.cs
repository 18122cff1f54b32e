namespace Broker.Client.IntegrationTests.Brokers;

/// <summary>A passage that is open or closed. Opening lets everybody through who waits.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource _passage = Passage(open: true);

    public Task WaitAsync(CancellationToken cancellationToken) => _passage.Task.WaitAsync(cancellationToken);

    public void Close() => _passage = _passage.Task.IsCompleted ? Passage(open: false) : _passage;

    public void Open() => _passage.TrySetResult();

    private static TaskCompletionSource Passage(bool open)
    {
        var passage = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (open)
            passage.SetResult();
        return passage;
    }
}
