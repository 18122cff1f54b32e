namespace Broker.Client.Hosting;

/// <summary>What a poll has brought.</summary>
/// <param name="Items">What was found; none where nothing has changed.</param>
/// <param name="ETag">The server's validator, to be sent with the next request.</param>
/// <param name="LastModified">The same, by time.</param>
internal sealed record PollingAnswer(IReadOnlyList<PolledItem> Items, string? ETag = null, DateTimeOffset? LastModified = null);

/// <summary>A server that asked for a pause.</summary>
internal sealed class PollingPauseException(string message, TimeSpan? retryAfter) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
