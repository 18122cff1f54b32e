namespace Broker.Client;

/// <summary>
/// Starts what outlives its caller, and so has no part in the caller's context: neither the activity that happened to
/// be current at the first publish, nor the handler in which a consumer was started.
/// </summary>
internal static class Detached
{
    public static Task Run(Func<Task> work)
    {
        using (Suppress())
            return Task.Run(work);
    }

    /// <summary>Until it is disposed, on this thread, what is started takes no context with it.</summary>
    public static AsyncFlowControl? Suppress() =>
        ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
}
