namespace Broker.Client.IntegrationTests.Support;

/// <summary>Every wait of a test has a bound, far above what it needs.</summary>
internal static class Patience
{
    public static Task InTime(this Task task, double seconds = 20) => task.WaitAsync(TimeSpan.FromSeconds(seconds), TimeProvider.System);

    public static Task<T> InTime<T>(this Task<T> task, double seconds = 20) => task.WaitAsync(TimeSpan.FromSeconds(seconds), TimeProvider.System);

    public static Task<T> InTime<T>(this ValueTask<T> task, double seconds = 20) => task.AsTask().InTime(seconds);

    public static Task InTime(this ValueTask task, double seconds = 20) => task.AsTask().InTime(seconds);

    /// <summary>Ends with the token only.</summary>
    public static Task ForeverAsync(CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    /// <summary>How long it took.</summary>
    public static async Task<TimeSpan> TimedAsync(Func<Task> action)
    {
        var began = TimeProvider.System.GetTimestamp();
        await action();
        return TimeProvider.System.GetElapsedTime(began);
    }
}
