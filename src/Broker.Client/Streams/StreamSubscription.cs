namespace Broker.Client;

/// <summary>
/// A subscriber of a stream that runs, with the life of a <see cref="Consumer"/>: through lost connections, closed channels and cancels
/// by the broker, after each of which it goes on with the first event that is not handled, and leaves out what is handled
/// beyond it. It ends by <see cref="StopAsync"/>, or by an error that waiting does not mend.
/// </summary>
public sealed class StreamSubscription : IAsyncDisposable
{
    private readonly StreamPosition _position;
    private readonly OffsetWriter _writer;

    internal StreamSubscription(Consumer consumer, string subscriber, StreamPosition position, OffsetWriter writer)
    {
        Consumer = consumer;
        _position = position;
        _writer = writer;
        Subscriber = subscriber;
    }

    /// <summary>The consumer that it is to the broker, as in <see cref="BrokerClient.Consumers"/>; with the same life.</summary>
    public Consumer Consumer { get; }

    /// <summary>The stream.</summary>
    public string Stream => Consumer.Queue;

    /// <summary>Its name: that of its stored position.</summary>
    public string Subscriber { get; }

    /// <summary>
    /// The offset of the first event that it has not handled: all before it are. Null while only the broker knows where it begins.
    /// </summary>
    public long? Position => _position.Next;

    /// <summary>The position that was stored last; null where this subscription has stored none yet.</summary>
    public long? StoredPosition => _writer.Stored;

    /// <summary>
    /// Completes when it has stopped, and its position is stored; faults with a <see cref="ConsumerException"/> when it cannot go on: as
    /// <see cref="Consumer.Completion"/>.
    /// </summary>
    public Task Completion => Consumer.Completion;

    /// <summary>How it stands, for a look from outside; cheap, and from any thread.</summary>
    public ConsumerStatus Status => Consumer.Status;

    /// <summary>Runs until the token fires, then stops as <see cref="StopAsync"/> does and returns.</summary>
    /// <exception cref="ConsumerException">It cannot go on.</exception>
    public Task RunAsync(CancellationToken cancellationToken = default) => Consumer.RunAsync(cancellationToken);

    /// <summary>
    /// Stops as <see cref="Consumer.StopAsync"/> does, and stores the position, which takes ten seconds at the most. Where that fails it is
    /// logged, and events that were handled come again the next time.
    /// </summary>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => Consumer.StopAsync(cancellationToken);

    /// <summary>As <see cref="Consumer.AbortAsync"/>: a stop that gives running handlers no time.</summary>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public Task AbortAsync(CancellationToken cancellationToken = default) => Consumer.AbortAsync(cancellationToken);

    /// <summary>As <see cref="Consumer.PauseAsync"/>.</summary>
    /// <param name="cancellationToken">Stops the waiting; the pause comes all the same.</param>
    public Task PauseAsync(CancellationToken cancellationToken = default) => Consumer.PauseAsync(cancellationToken);

    /// <summary>As <see cref="Consumer.ResumeAsync"/>: it goes on with the first event that is not handled.</summary>
    /// <param name="cancellationToken">Stops the waiting; the pause ends all the same.</param>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => Consumer.ResumeAsync(cancellationToken);

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public ValueTask DisposeAsync() => Consumer.DisposeAsync();
}
