namespace Broker.Client;

/// <summary>How a consumer stands.</summary>
public enum ConsumerState
{
    /// <summary>The broker has not accepted it yet.</summary>
    Starting,

    /// <summary>The broker delivers to it.</summary>
    Consuming,

    /// <summary>Interrupted: connection or channel were lost, or the broker cancelled it. It starts again by itself.</summary>
    Recovering,

    /// <summary>By <see cref="Consumer.PauseAsync"/>, until <see cref="Consumer.ResumeAsync"/>.</summary>
    Paused,

    /// <summary>It takes no more, and waits for its handlers.</summary>
    Stopping,

    /// <summary>Stopped; <see cref="Consumer.Completion"/> has completed.</summary>
    Stopped,

    /// <summary>It could not go on; <see cref="Consumer.Completion"/> says why.</summary>
    Failed,
}

/// <summary>How a consumer stood at the moment of asking.</summary>
/// <param name="State">What it does.</param>
/// <param name="InFlight">Messages that it holds without a verdict; never more than the prefetch on one channel.</param>
/// <param name="Stuck">
/// Handlers that have not returned though their token was cancelled for <see cref="ConsumerOptions.HandlerTimeout"/>
/// some time ago (as long again, ten seconds at the most).
/// </param>
/// <param name="Restarts">How often it was interrupted and began again.</param>
/// <param name="LastDelivery">When a message came last; null before the first.</param>
public sealed record ConsumerStatus(
    ConsumerState State, int InFlight, int Stuck, long Restarts, DateTimeOffset? LastDelivery);
