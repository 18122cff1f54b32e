namespace Broker.Client.Testing;

/// <summary>The alarm: while it is on, connections that publish are not read.</summary>
internal sealed class BlockGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _open;

    public string? Reason { get; private set; }

    public void Shut(string reason)
    {
        lock (_lock)
        {
            Reason = reason;
            _open ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Open()
    {
        lock (_lock)
        {
            Reason = null;
            _open?.TrySetResult();
            _open = null;
        }
    }

    /// <summary>Completes when the alarm is over.</summary>
    public Task PassAsync()
    {
        lock (_lock) return _open?.Task ?? Task.CompletedTask;
    }
}
