namespace Broker.Client;

/// <summary>
/// Somebody who hears what is published to an exchange while he listens, with the life of a <see cref="Consumer"/>. His queue is his own, and goes
/// with the connection: it is made again with the next, and <see cref="Gaps"/> tells when there was none.
/// </summary>
public sealed class BroadcastSubscription : IAsyncDisposable
{
    private readonly Consumer _consumer;
    private readonly BroadcastGaps _gaps;

    internal BroadcastSubscription(Consumer consumer, string exchange, string pattern, BroadcastGaps gaps, Func<Task> forgetAsync)
    {
        _consumer = consumer;
        _gaps = gaps;
        (Exchange, Pattern) = (exchange, pattern);
        Completion = EndAsync(forgetAsync);
        Bounded.ObserveLater(Completion);
    }

    /// <summary>The exchange.</summary>
    public string Exchange { get; }

    /// <summary>The routing key or pattern that its queue is bound with.</summary>
    public string Pattern { get; }

    /// <summary>
    /// When it had no queue, the newest 100, in order; empty where nothing can have been missed. An interruption that its queue outlives, such
    /// as a closed channel, is none.
    /// </summary>
    public IReadOnlyList<BroadcastGap> Gaps => _gaps.All;

    /// <summary>Completes when it has stopped and its queue is gone; faults when it cannot go on: as <see cref="Consumer.Completion"/>.</summary>
    public Task Completion { get; }

    /// <summary>How it stands, for a look from outside; cheap, and from any thread.</summary>
    public ConsumerStatus Status => _consumer.Status;

    /// <summary>Runs until the token fires, then stops as <see cref="StopAsync"/> does and returns.</summary>
    /// <exception cref="ConsumerException">It cannot go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        await _consumer.RunAsync(cancellationToken).ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Stops as <see cref="Consumer.StopAsync"/> does, and deletes its queue.</summary>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _consumer.StopAsync(cancellationToken).ConfigureAwait(false);
        if (!_consumer.IsInHandler)
            await Completion.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>As <see cref="Consumer.PauseAsync"/>: its queue keeps what is published meanwhile, as long as the connection holds.</summary>
    /// <param name="cancellationToken">Stops the waiting; the pause comes all the same.</param>
    public Task PauseAsync(CancellationToken cancellationToken = default) => _consumer.PauseAsync(cancellationToken);

    /// <summary>As <see cref="Consumer.ResumeAsync"/>.</summary>
    /// <param name="cancellationToken">Stops the waiting; the pause ends all the same.</param>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => _consumer.ResumeAsync(cancellationToken);

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    private async Task EndAsync(Func<Task> forgetAsync)
    {
        await _consumer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await forgetAsync().ConfigureAwait(false);
        await _consumer.Completion.ConfigureAwait(false);
    }
}
