namespace Broker.Client;

/// <summary>
/// Every await on the driver goes through here: its own time limits have gaps, and an abandoned task must
/// still be observed when it fails.
/// </summary>
internal static class Bounded
{
    public static async Task<T> WithinAsync<T>(
        this Task<T> task, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken = default)
    {
        try
        {
            return await task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ObserveLater(task);
        }
    }

    public static async Task WithinAsync(
        this Task task, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken = default)
    {
        try
        {
            await task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ObserveLater(task);
        }
    }

    /// <summary>Lets a task end in its own time; what it throws has been reported by whoever gave it up.</summary>
    public static void ObserveLater(Task task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = task.ContinueWith(
                static ended => _ = ended.Exception,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
