using System.Diagnostics.CodeAnalysis;

namespace Broker.Client;

/// <summary>A pause of a subscription, from the call to the moment when messages come again.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without a timer or a wait handle the source holds nothing to dispose.")]
internal sealed class PauseRequest
{
    private readonly CancellationTokenSource _asked = new();
    private readonly TaskCompletionSource _resume = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PauseRequest() => Asked = _asked.Token;

    /// <summary>Cancelled when somebody has asked for it.</summary>
    public CancellationToken Asked { get; }

    /// <summary>Completes when nothing is delivered any more.</summary>
    public Task Paused => _paused.Task;

    /// <summary>Completes when somebody has asked for its end.</summary>
    public Task Resume => _resume.Task;

    /// <summary>Completes when messages are delivered again.</summary>
    public Task Resumed => _resumed.Task;

    public void Ask() => _asked.Cancel();

    public void AskForEnd() => _resume.TrySetResult();

    public void SetPaused() => _paused.TrySetResult();

    public void SetResumed() => _resumed.TrySetResult();

    /// <summary>The subscription has ended: nobody shall wait.</summary>
    public void End()
    {
        _paused.TrySetResult();
        _resumed.TrySetResult();
    }
}
