namespace Broker.Client.IntegrationTests.Connection;

/// <summary>Every change of a client's state, in the order in which it was told; a test can wait for the next one of a kind.</summary>
internal sealed class StateRecorder
{
    private readonly Lock _lock = new(); // guards _changes and _came
    private readonly List<BrokerStateChangedEventArgs> _changes = [];
    private TaskCompletionSource _came = NewSignal();

    public StateRecorder(BrokerClient client) => client.StateChanged += (_, change) =>
    {
        TaskCompletionSource came;
        lock (_lock)
        {
            _changes.Add(change);
            (came, _came) = (_came, NewSignal());
        }

        came.SetResult();
    };

    public IReadOnlyList<BrokerStateChangedEventArgs> Changes
    {
        get
        {
            lock (_lock)
                return [.. _changes];
        }
    }

    public IEnumerable<BrokerConnectionState> States => Changes.Select(change => change.Current);

    /// <summary>Waits for a change to this state, after the first <paramref name="after"/> changes.</summary>
    public async Task<BrokerStateChangedEventArgs> WaitForAsync(BrokerConnectionState state, int after = 0, TimeSpan? limit = null)
    {
        using var timer = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(20), TimeProvider.System);
        while (true)
        {
            Task came;
            lock (_lock)
            {
                if (_changes.Skip(after).FirstOrDefault(change => change.Current == state) is { } found)
                    return found;
                came = _came.Task;
            }

            await came.WaitAsync(timer.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.False(timer.IsCancellationRequested, $"{state} did not come. Told: {string.Join(", ", States)}.");
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
