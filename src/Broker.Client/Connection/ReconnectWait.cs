namespace Broker.Client;

/// <summary>The waits between attempts to connect, which others may cut short when they know more.</summary>
internal sealed class ReconnectWait(TimeProvider time)
{
    private TaskCompletionSource? _hurry;

    /// <summary>Ends the wait that there is, if there is one.</summary>
    public void Hurry() => Volatile.Read(ref _hurry)?.TrySetResult();

    public async Task ForAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await NewHurry().WaitAsync(wait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody was in a hurry.
        }
    }

    /// <summary>Until it is no longer so; <see cref="Hurry"/> is to be called after each change.</summary>
    public async Task WhileAsync(Func<bool> isSo, CancellationToken cancellationToken)
    {
        while (true)
        {
            var hurry = NewHurry(); // before the look, so that no change after it is missed
            if (!isSo())
                return;
            await hurry.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task NewHurry()
    {
        var hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _hurry, hurry);
        return hurry.Task;
    }
}
