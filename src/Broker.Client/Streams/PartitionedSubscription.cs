namespace Broker.Client;

/// <summary>The subscriptions of the partitions of a stream that this process has, with one life: where one ends, all do.</summary>
public sealed class PartitionedSubscription : IAsyncDisposable
{
    internal PartitionedSubscription(IReadOnlyList<StreamSubscription> partitions)
    {
        Partitions = partitions;
        Completion = EndTogetherAsync();
        Bounded.ObserveLater(Completion);
    }

    /// <summary>The subscription of each partition, in the order in which they were asked for.</summary>
    public IReadOnlyList<StreamSubscription> Partitions { get; }

    /// <summary>
    /// Completes when all have stopped; when one cannot go on the others are stopped too, and it faults with what that one says.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Runs until the token fires, then stops as <see cref="StopAsync"/> does and returns.</summary>
    /// <exception cref="ConsumerException">A partition cannot go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Stops them all, as <see cref="StreamSubscription.StopAsync"/> does.</summary>
    /// <param name="cancellationToken">Stops the waiting; the stop goes on.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(Partitions.Select(partition => partition.StopAsync(cancellationToken)));

    /// <summary>As <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None).ConfigureAwait(false);

    private async Task EndTogetherAsync()
    {
        var first = await Task.WhenAny(Partitions.Select(static partition => partition.Completion)).ConfigureAwait(false);
        await StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
        await Task.WhenAll(Partitions.Select(static partition => partition.Completion)).ConfigureAwait(false);
    }
}
